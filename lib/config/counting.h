#ifndef BANISH_CONFIG_COUNTING_H
#define BANISH_CONFIG_COUNTING_H

/*
 * What the events of a rule count, and who tells it, as numbers: per session the totals of one
 * teller add up, and of several tellers of one thing the largest sum counts.
 */

#include "config/rule.h"
#include "count/totals.h"

/* The names, with their defaults; borrowed. */
const char *counting_thing(const struct event *event);
const char *counting_teller(const struct event *event);
bool counting_tells(const struct event *event);

/* One for each event of the rule; the caller frees the array. -ENOMEM. */
int counting_new(const struct rule *rule, struct counting **ret) must_check;

#endif
