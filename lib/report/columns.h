#ifndef BANISH_REPORT_COLUMNS_H
#define BANISH_REPORT_COLUMNS_H

/* Text for a terminal: tables whose columns are as wide as their longest cell, and sentences that
 * are folded between words. */

#include "base/util.h"

#define SHEET_WIDTH       80 /* columns of a terminal */
#define SHEET_MAX_COLUMNS 8

struct columns {
	const char *alignment; /* one character a column: '<' its cells stand at the left, '>' at
				  the right */
	size_t widths[SHEET_MAX_COLUMNS];
	char **cells; /* owned; row after row */
	size_t n_cells;
	bool exact; /* what fills it writes numbers in full: there is room */
};

void columns_done(struct columns *columns);

/* One row, with as many cells as there are columns; copied. NULL: "-". */
int columns_add(struct columns *columns, const char *const *cells) must_check;
/* All rows, each with a line end and without blanks before it; owned by the caller. */
int columns_format(const struct columns *columns, char **ret) must_check;

/* Folds a sentence to SHEET_WIDTH. Its first line begins behind `indent` columns that the caller
 * prints; the others get as many blanks. A word is never cut. With a line end; owned by the caller.
 * NULL: no memory. */
char *columns_fold(const char *text, unsigned indent) must_check;

#endif
