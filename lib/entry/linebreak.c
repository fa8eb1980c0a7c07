#include "entry/linebreak.h"

int linebreak_feed(struct linebreak *linebreak, const struct entry *entry)
{
	struct span value = { 0 };
	unsigned place = 0;
	bool marked;
	int r;

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
	while (place < SPLIT_MAX_STREAMS &&
	       !span_equal(value, (struct span){ linebreak->streams[place].id,
						 linebreak->streams[place].size }))
		place++;
	if (!marked && place < SPLIT_MAX_STREAMS) {
		linebreak->streams[place].size = 0;
		linebreak->n_pending--;
		return 1;
	}
	if (marked && place == SPLIT_MAX_STREAMS) {
		place = linebreak->next;
		linebreak->n_pending += linebreak->streams[place].size == 0;
		memcpy(linebreak->streams[place].id, value.data, value.size);
		linebreak->streams[place].size = value.size;
		linebreak->next = (place + 1) % SPLIT_MAX_STREAMS;
	}
	return marked;
}
