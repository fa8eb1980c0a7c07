#ifndef BANISH_CONFIG_IGNOREIP_H
#define BANISH_CONFIG_IGNOREIP_H

/* Within lib/ only: the key "ignoreip". */

#include "config/policy.h"
#include "json/read.h"

/* A json_reader; the field is the policy. */
void policy_read_ignoreip(const struct json *value, const struct json_key *key, void *field);
void policy_done_ignoreip(struct policy *policy);

#endif
