#ifndef BANISH_FUZZ_H
#define BANISH_FUZZ_H

/* What every fuzz target shares. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert() that no NDEBUG switches off. */
#define FUZZ_CHECK(expression)                                                                  \
	do {                                                                                    \
		if (!(expression)) {                                                            \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				      #expression);                                             \
			abort();                                                                \
		}                                                                               \
	} while (0)

#endif
