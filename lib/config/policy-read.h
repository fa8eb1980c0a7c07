#ifndef BANISH_CONFIG_POLICY_READ_H
#define BANISH_CONFIG_POLICY_READ_H

/* A policy from banish.json. */

#include "config/policy.h"

/* `file` is only quoted in faults. 0; -EINVAL with at least one fault; -ENOMEM. */
int policy_parse(const char *file, struct span text, struct faults *faults,
		 struct policy **ret) must_check;

#endif
