#ifndef BANISH_IMPORT_FILTER_H
#define BANISH_IMPORT_FILTER_H

/* What a jail looks for: its filter's file, with what the jail gives it, as a rule's events. */

#include "import/interpolate.h"
#include "import/jail.h"
#include "import/option.h"

/* Fills journal and events. False: with the reason. */
bool filter_translate(struct import *import, struct scope *jail_scope, const struct given *given,
		      struct import_jail *jail);

#endif
