#include "entry/linebreak.h"

static int find(const struct split *split, struct span id)
{
	for (int i = 0; i < SPLIT_MAX_STREAMS; i++) {
		struct span stream = { split->streams[i].id, split->streams[i].size };

		if (stream.size > 0 && span_equal(stream, id))
			return i;
	}
	return -1;
}

static void add(struct split *split, struct span id)
{
	unsigned place = split->next;

	if (split->streams[place].size == 0)
		split->n_pending++;
	memcpy(split->streams[place].id, id.data, id.size);
	split->streams[place].size = id.size;
	split->next = (place + 1) % SPLIT_MAX_STREAMS;
}

int split_feed(struct split *split, const struct entry *entry)
{
	struct span value = { 0 };
	bool marked;
	int r, i;

	if (!entry->may_be_split)
		return 0;
	r = entry_field(entry, "_LINE_BREAK", &value);
	if (r < 0)
		return r;
	marked = r > 0 && span_equal(value, SPAN_LITERAL("line-max"));
	if (!marked && split->n_pending == 0)
		return 0;

	r = entry_field(entry, "_STREAM_ID", &value);
	if (r < 0)
		return r;
	if (r == 0 || value.size == 0 || value.size > SPLIT_STREAM_SIZE)
		return marked;
	i = find(split, value);
	if (marked) {
		if (i < 0)
			add(split, value);
		return 1;
	}
	if (i < 0)
		return 0;
	split->streams[i].size = 0;
	split->n_pending--;
	return 1;
}
