#ifndef BANISH_CONFIG_EVENT_H
#define BANISH_CONFIG_EVENT_H

/* One part of rule.c: the events of a rule file. */

#include "config/pattern.h"
#include "config/rule.h"
#include "json/json.h"

/* Fills rule->events as far as they are well; tells the rest. */
void rule_read_events(const struct json *value, const struct defines *defines, struct rule *rule);
void rule_events_free(struct event *events, size_t n);

/* `text` with its defines put in, owned; NULL: told at `value`. */
char *rule_expand(const struct json *value, const struct defines *defines, const char *text);

/* A journal field's name, else a fault at the value (or at the key). */
bool rule_check_field(const struct json *node, const char *field, bool at_key);

#endif
