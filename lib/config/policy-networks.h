#ifndef BANISH_CONFIG_POLICY_NETWORKS_H
#define BANISH_CONFIG_POLICY_NETWORKS_H

/* The networks that a policy names. Faults are told where they stand. */

#include "config/policy.h"
#include "json/read.h"

/* Of the keys "ignoreip" and "lists": `field` is the policy. */
void policy_read_ignoreip(const struct json *value, const struct json_key *key, void *field);
void policy_read_lists(const struct json *value, const struct json_key *key, void *field);

#endif
