#include "entry/linebreak.h"

/* Whether this is a piece: a marked one waits for another, the next that is not marked is the last.
 */
static bool linebreak_follow(struct linebreak_streams *streams, struct span id, bool marked)
{
	unsigned place = 0;

	while (place < SPLIT_MAX_STREAMS &&
	       !span_equal(id, (struct span){ streams->list[place].id, streams->list[place].size }))
		place++;
	if (!marked && place < SPLIT_MAX_STREAMS) {
		streams->list[place].size = 0;
		streams->n_pending--;
		return true;
	}
	if (marked && place == SPLIT_MAX_STREAMS) {
		place = streams->next;
		streams->n_pending += streams->list[place].size == 0;
		memcpy(streams->list[place].id, id.data, id.size);
		streams->list[place].size = id.size;
		streams->next = (place + 1) % SPLIT_MAX_STREAMS;
	}
	return marked;
}

static int linebreak_of_journald(struct linebreak *linebreak, const struct entry *entry)
{
	struct span value = { 0 };
	bool marked;
	int r;

	r = entry_field(entry, "_LINE_BREAK", &value);
	if (r < 0)
		return r;
	marked = r > 0 && span_equal(value, SPAN_LITERAL("line-max"));
	if (!marked && linebreak->journald.n_pending == 0)
		return 0;

	r = entry_field(entry, "_STREAM_ID", &value);
	if (r < 0)
		return r;
	if (r == 0 || value.size == 0 || value.size > SPLIT_STREAM_SIZE)
		return marked;
	return linebreak_follow(&linebreak->journald, value, marked);
}

/* The unit is journald's word: so nobody else cuts the lines of a container. */
static int linebreak_of_engine(struct linebreak *linebreak, const struct entry *entry)
{
	static const char *const fields[] = { "CONTAINER_ID_FULL", "PRIORITY", "_SYSTEMD_UNIT" };
	static const size_t sizes[] = { 64, 8, SPLIT_ID_SIZE - 64 - 8 - 3 };
	struct span value;
	char id[SPLIT_ID_SIZE];
	bool marked;
	size_t used = 0;
	int r;

	r = entry_field(entry, "CONTAINER_PARTIAL_ID", &value);
	if (r != 0)
		return r;
	r = entry_field(entry, "CONTAINER_PARTIAL_MESSAGE", &value);
	if (r < 0)
		return r;
	marked = r > 0;
	if (!marked && linebreak->engines.n_pending == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		r = entry_field(entry, fields[i], &value);
		if (r < 0)
			return r;
		if (r == 0 && i == 0)
			return marked;
		value.size = r > 0 ? MIN(value.size, sizes[i]) : 0;
		if (value.size > 0)
			memcpy(id + used, value.data, value.size);
		used += value.size;
		id[used++] = '\0';
	}
	return linebreak_follow(&linebreak->engines, (struct span){ id, used }, marked);
}

int linebreak_feed(struct linebreak *linebreak, const struct entry *entry)
{
	int r = entry->may_be_split ? linebreak_of_journald(linebreak, entry) : 0;

	return r == 0 && entry->may_be_partial ? linebreak_of_engine(linebreak, entry) : r;
}
