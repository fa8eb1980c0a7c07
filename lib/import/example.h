#ifndef BANISH_IMPORT_EXAMPLE_H
#define BANISH_IMPORT_EXAMPLE_H

/* Lines that a pattern seems to ask for, written off its text. Whether it matches them only PCRE2
 * can tell. */

#include "base/util.h"

#define EXAMPLE_MAX      2000 /* bytes, the final NUL included */
#define EXAMPLE_VARIANTS 200  /* that are worth a trial */

/* The line's size; 0: none is known of this variant. Addresses are of the blocks for
 * documentation. */
size_t example_write(const char *pattern, unsigned variant, char buffer[static EXAMPLE_MAX]);

#endif
