#ifndef BANISH_BASE_NAME_H
#define BANISH_BASE_NAME_H

#include "base/util.h"

/* [a-z][a-z0-9_-]*, of at most `max` bytes: what rules, jails, tables and events are called. */
bool name_is_valid(struct span name, size_t max);

#endif
