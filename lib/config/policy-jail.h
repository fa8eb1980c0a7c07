#ifndef BANISH_CONFIG_POLICY_JAIL_H
#define BANISH_CONFIG_POLICY_JAIL_H

/* The jails of a policy, and the settings that they begin with. Faults are told where they stand.
 */

#include "config/policy.h"
#include "json/read.h"

extern const struct json_object policy_defaults_object; /* of struct settings */

/* The next of policy->jails, for which there is room. */
void policy_read_jail(const struct json *value, struct policy *policy);
/* Merged settings may contradict each other: told where this object speaks of it. */
void policy_check_networks(const struct json *object, const struct settings *settings);

#endif
