#ifndef BANISH_IMPORT_WRITE_H
#define BANISH_IMPORT_WRITE_H

/* The files that an import leaves, commented. */

#include "import/jail.h"

/* A rule with the events that are not dropped; without examples if not `proved`. */
void write_rule(struct text *text, const struct import_jail *jail, bool proved);

void write_policy(struct text *text, const struct import *import);

#endif
