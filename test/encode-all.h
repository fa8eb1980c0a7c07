#ifndef BANISH_TEST_ENCODE_ALL_H
#define BANISH_TEST_ENCODE_ALL_H

#include "ledger/encode.h"

#include <stdio.h>

/* All lines of a compacted file in one text, owned by the caller. */
static inline char *encode_all(struct ledger *ledger)
{
	struct ledger_place place = { 0 };
	char *text, *line;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	while (file && ledger_encode_next(ledger, &place, &line) > 0) {
		fputs(line, file);
		free(line);
	}
	if (!file || fclose(file) != 0)
		abort();
	return text;
}

#endif
