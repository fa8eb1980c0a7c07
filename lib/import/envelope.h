#ifndef BANISH_IMPORT_ENVELOPE_H
#define BANISH_IMPORT_ENVELOPE_H

/* What stands before a message in a file, "host program[pid]: ": the journal has it in fields. */

#include "import/arena.h"

/* The expression, or one without what it says of that; what it lets stand there may be missing. */
const char *envelope_remove(struct arena *arena, const char *expression);

/* How many bytes of the expression one of the pieces takes; 0: none stands there. */
size_t envelope_skip_any(const char *at, const char *const *pieces);

#endif
