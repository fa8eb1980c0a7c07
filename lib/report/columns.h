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
/* How wide its lines are. */
size_t columns_width(const struct columns *columns);
/* All rows, each with a line end and without blanks before it; owned by the caller. Where they are
 * wider than `width` (0: any width is fine), each row becomes a paragraph: its first cell, and the
 * others behind what the first row calls them. */
int columns_format(const struct columns *columns, unsigned width, char **ret) must_check;

/* Folds a sentence. Its first line begins behind `indent` columns that the caller prints; the
 * others get as many blanks. With a line end; owned by the caller. `width`: of a terminal, and a
 * longer word is cut; 0: SHEET_WIDTH, and a word is never cut. NULL: no memory. */
char *columns_fold(const char *text, unsigned indent, unsigned width) must_check;

#endif
