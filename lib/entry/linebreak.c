#include "entry/linebreak.h"

static int linebreak_find(const struct linebreak *linebreak, struct span id)
{
	for (int i = 0; i < SPLIT_MAX_STREAMS; i++) {
		struct span stream = { linebreak->streams[i].id, linebreak->streams[i].size };

		if (stream.size > 0 && span_equal(stream, id))
			return i;
	}
	return -1;
}

static void linebreak_add(struct linebreak *linebreak, struct span id)
{
	unsigned place = linebreak->next;

	if (linebreak->streams[place].size == 0)
		linebreak->n_pending++;
	memcpy(linebreak->streams[place].id, id.data, id.size);
	linebreak->streams[place].size = id.size;
	linebreak->next = (place + 1) % SPLIT_MAX_STREAMS;
}

int linebreak_feed(struct linebreak *linebreak, const struct entry *entry)
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
	if (!marked && linebreak->n_pending == 0)
		return 0;

	r = entry_field(entry, "_STREAM_ID", &value);
	if (r < 0)
		return r;
	if (r == 0 || value.size == 0 || value.size > SPLIT_STREAM_SIZE)
		return marked;
	i = linebreak_find(linebreak, value);
	if (marked) {
		if (i < 0)
			linebreak_add(linebreak, value);
		return 1;
	}
	if (i < 0)
		return 0;
	linebreak->streams[i].size = 0;
	linebreak->n_pending--;
	return 1;
}
