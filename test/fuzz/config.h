#ifndef BANISH_FUZZ_CONFIG_H
#define BANISH_FUZZ_CONFIG_H

/* What must hold of the faults of every configuration file. */

#include "base/fault.h"
#include "fuzz.h"

#include <errno.h>

/* "f:LINE:COLUMN: what: hint", at a place that exists, on one line that a terminal can show. */
static inline void check_fault(const char *line, struct span text)
{
	unsigned row = 0, column = 0, n_rows = 1;
	const char *begin = text.data, *end;
	int n = 0;

	FUZZ_CHECK(sscanf(line, "f:%u:%u: %n", &row, &column, &n) == 2 && n > 0);
	FUZZ_CHECK(strstr(line + n, ": ") || strchr(line + n, '?'));
	for (const char *c = line; *c; c++)
		FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);

	while (n_rows < row &&
	       (end = memchr(begin, '\n', text.size - (size_t)(begin - text.data)))) {
		begin = end + 1;
		n_rows++;
	}
	FUZZ_CHECK(n_rows == row);
	FUZZ_CHECK(column >= 1 && column <= text.size - (size_t)(begin - text.data) + 1);
}

/* A file is good, or at least one fault is told; and the same file is judged the same twice. */
static inline void check_faults(int r, struct faults *faults, int r_again, struct faults *again,
				struct span text)
{
	FUZZ_CHECK(r == 0 || r == -EINVAL);
	FUZZ_CHECK((r == 0) == (faults->n_lines == 0));
	FUZZ_CHECK(r == r_again && faults->n_lines == again->n_lines);
	for (size_t i = 0; i < faults->n_lines; i++) {
		FUZZ_CHECK(strcmp(faults->lines[i], again->lines[i]) == 0);
		check_fault(faults->lines[i], text);
	}
	faults_done(faults);
	faults_done(again);
}

#endif
