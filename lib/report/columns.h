#ifndef BANISH_REPORT_COLUMNS_H
#define BANISH_REPORT_COLUMNS_H

/* Text for a terminal: tables whose columns are as wide as their longest cell, and sentences that
 * are folded between words. */

#include "base/util.h"

#define SHEET_WIDTH       80 /* columns of a terminal */
#define SHEET_MAX_COLUMNS 8

struct sheet;

/* One character a column: '<' its cells stand at the left, '>' at the right. */
int sheet_new(const char *alignment, struct sheet **ret) must_check;
struct sheet *sheet_free(struct sheet *sheet);
DEFINE_CLEANUP(struct sheet *, sheet_free)

/* One row, with as many cells as there are columns; copied. NULL: "-". */
int sheet_add(struct sheet *sheet, const char *const *cells) must_check;
size_t sheet_n_rows(const struct sheet *sheet);
/* All rows, each with a line end and without blanks before it; owned by the caller. */
int sheet_format(const struct sheet *sheet, char **ret) must_check;

/* Folds a sentence to SHEET_WIDTH. Its first line begins behind `indent` columns that the caller
 * prints; the others get as many blanks. A word is never cut. With a line end; owned by the caller.
 * NULL: no memory. */
char *sheet_fold(const char *text, unsigned indent) must_check;

#endif
