#ifndef BANISH_CONFIG_CONDITION_H
#define BANISH_CONFIG_CONDITION_H

/* "journal" of a rule or of a jail as a value: which entries are read. */

#include "base/util.h"

struct json;

/* A value of _UID: any below 1000, where users of the machine begin (systemd's SYSTEM_UID_MAX). */
#define RULE_SYSTEM_USER "system"

/* The daemon's: no rule gets to see its entries. */
#define OWN_UNIT "banish.service"

/* "FIELD": "value" or ["value", ...]: the entry's field equals one of the values; "" is an empty or
 * missing field. {"prefix": "text"}: it begins with the one value. */
struct condition {
	char *field;
	char **values;
	size_t n_values;
	bool is_prefix;
};

/* Whether the condition names in full the values that the field may have: no prefix, not "system"
 * of _UID, nor "". Only then can it be a match of the journal. */
bool condition_is_match(const struct condition *condition);

/* Whether the field may have this value, which is not missing. ("system" is a word here.) */
bool condition_names(const struct condition *condition, struct span value);

/* One object of "journal": all its conditions hold. Each holds a field that journald vouches for.
 */
struct selector {
	struct condition *conditions;
	size_t n_conditions;
};

/* The condition on that field, or NULL. */
const struct condition *selector_find(const struct selector *selector, const char *field);

/* Begins with 0s. */
struct unit_walk {
	size_t selector, value;
};

/* The next unit that the selectors name in full, borrowed; NULL: no more. */
const char *selectors_next_unit(const struct selector *selectors, size_t n, struct unit_walk *walk);

/* The list "journal", as far as it is well; the rest is told. Done with selectors_free(). */
void selectors_read(const struct json *value, struct selector **ret, size_t *ret_n);
void selectors_free(struct selector *selectors, size_t n);

/* A journal field's name, else a fault at the value (or at the key). */
bool event_check_field(const struct json *node, const char *field, bool at_key);

#endif
