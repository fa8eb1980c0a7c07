#ifndef BANISH_IMPORT_INTERPOLATE_H
#define BANISH_IMPORT_INTERPOLATE_H

/* What fail2ban puts into the values of its options: %(name)s, %(section/name)s, %(known/name)s,
 * and <name>. How much is put in is bounded, whoever wrote it. */

#include "import/ini.h"

struct scope {
	const struct ini *ini;
	const char *section;           /* where names are looked for, and then in [DEFAULT] */
	const struct ini_option *vars; /* before both; NULL: none */
	const struct ini_option *tags; /* for <name>, before all that; NULL: none */
	unsigned n_put_in;
	const char *error; /* why the last value cannot be had; NULL: it is there, or is not */
};

/* As it stands in a file; NULL: there is none. */
const struct ini_option *scope_find(const struct scope *scope, const char *name);

/* With each %(name)s put in. NULL: no such option, or `error`. */
const char *scope_get(struct scope *scope, const char *name);

/* A text with each <name> put in that names an option; others stay. "" with `error`. */
const char *scope_put_tags(struct scope *scope, const char *text);

#endif
