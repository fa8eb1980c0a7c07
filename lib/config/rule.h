#ifndef BANISH_CONFIG_RULE_H
#define BANISH_CONFIG_RULE_H

/*
 * One rule file as a value: which journal entries it reads, which events it knows in them, and the
 * example messages by which it proves itself. Checked strictly here; patterns are compiled in
 * match.c.
 */

#include "base/fault.h"
#include "base/ports.h"
#include "base/types.h"
#include "base/util.h"
#include "config/event.h"

/* A value of _UID: any below 1000, where users of the machine begin (systemd's SYSTEM_UID_MAX). */
#define RULE_SYSTEM_USER "system"

/* The daemon's: no rule gets to see its entries. */
#define OWN_UNIT "banish.service"

/* "FIELD": "value" or ["value", ...]: the entry's field equals one of the values; "" is an empty or
 * missing field. */
struct condition {
	char *field;
	char **values;
	size_t n_values;
};

/* Whether the condition names in full the values that the field may have: not with "system" of
 * _UID, nor with "". Only then can it be a match of the journal, and tell who has written. */
bool condition_is_match(const struct condition *condition);

/* One object of "journal": all its conditions hold. Each holds a field that journald vouches for.
 */
struct selector {
	struct condition *conditions;
	size_t n_conditions;
};

/* The examples of a rule are one stream, in file order: sessions join. */
struct example {
	char *message;
	char *event;          /* NULL: no event may match */
	char *address, *user; /* NULL: not said; the address as address_format() writes it */
	unsigned line, column;
};

struct rule {
	char name[NAME_SIZE];
	char *file; /* as given to rule_parse, for faults */
	char *description;
	struct selector *selectors;
	size_t n_selectors;
	struct ports ports; /* all, if the file says nothing */
	struct event *events;
	size_t n_events;
	struct example *examples;
	size_t n_examples;
};

/* 0; -EINVAL with at least one fault; -ENOMEM. */
int rule_parse(const char *file, struct span text, struct faults *faults,
	       struct rule **ret) must_check;

struct rule *rule_free(struct rule *rule);
DEFINE_CLEANUP(struct rule *, rule_free)

#endif
