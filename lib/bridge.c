#include "bridge.h"

static void drop_first(struct bridges *bridges, size_t n)
{
	bridges->n -= n;
	memmove(bridges->list, bridges->list + n, bridges->n * sizeof(bridges->list[0]));
}

void bridges_note(struct bridges *bridges, usec_t begin, usec_t end)
{
	if (begin >= end)
		return;
	/* a clock that was set back may make them one across a gap */
	while (bridges->n > 0 && bridges->list[bridges->n - 1].end >= begin) {
		const struct bridge *last = &bridges->list[--bridges->n];

		begin = MIN(begin, last->begin);
		end = MAX(end, last->end);
	}
	if (bridges->n == BRIDGES_MAX) {
		bridges->list[1].begin = bridges->list[0].begin;
		drop_first(bridges, 1);
	}
	bridges->list[bridges->n++] = (struct bridge){ begin, end };
}

usec_t bridges_before(const struct bridges *bridges, usec_t time)
{
	for (size_t i = bridges->n; i-- > 0 && bridges->list[i].end >= time;)
		if (bridges->list[i].begin < time)
			return bridges->list[i].begin;
	return time;
}

void bridges_forget(struct bridges *bridges, usec_t time)
{
	size_t n = 0;

	while (n < bridges->n && bridges->list[n].end < time)
		n++;
	if (n > 0)
		drop_first(bridges, n);
}
