#ifndef BANISH_REPORT_COLUMNS_H
#define BANISH_REPORT_COLUMNS_H

/* Text for a terminal: tables whose columns are as wide as their longest cell, and sentences that
 * are folded between words. */

#include "base/util.h"

#define SHEET_WIDTH       80 /* columns of a terminal */
#define SHEET_MAX_COLUMNS 8

struct columns;

/* One character a column: '<' its cells stand at the left, '>' at the right. */
int columns_new(const char *alignment, struct columns **ret) must_check;
struct columns *columns_free(struct columns *columns);
DEFINE_CLEANUP(struct columns *, columns_free)

/* One row, with as many cells as there are columns; copied. NULL: "-". */
int columns_add(struct columns *columns, const char *const *cells) must_check;
size_t columns_n_rows(const struct columns *columns);
/* All rows, each with a line end and without blanks before it; owned by the caller. */
int columns_format(const struct columns *columns, char **ret) must_check;

/* Folds a sentence to SHEET_WIDTH. Its first line begins behind `indent` columns that the caller
 * prints; the others get as many blanks. A word is never cut. With a line end; owned by the caller.
 * NULL: no memory. */
char *columns_fold(const char *text, unsigned indent) must_check;

#endif
