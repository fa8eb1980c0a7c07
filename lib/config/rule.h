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
#include "config/condition.h"
#include "config/event.h"

/* "FIELD": "value" of an example's entry, beside its message. */
struct example_field {
	char *name, *value;
};

/* The examples of a rule are one stream, in file order: sessions join. */
struct example {
	char *message;
	struct example_field *fields;
	size_t n_fields;
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
	unsigned n_others; /* who hold it too */
};

/* The value of the example's field; NULL: it has none of that name. */
const char *example_field(const struct example *example, const char *name);

/* 0; -EINVAL with at least one fault; -ENOMEM. */
int rule_parse(const char *file, struct span text, struct faults *faults,
	       struct rule **ret) must_check;

/* One more holds it: each frees it once. */
struct rule *rule_ref(struct rule *rule);
/* The rule of a jail that is built in (policy_is_built_in): it reads no entry. -ENOMEM. */
int rule_new_built_in(const char *name, struct rule **ret) must_check;
static inline bool rule_is_built_in(const struct rule *rule)
{
	return rule->n_selectors == 0;
}

struct rule *rule_free(struct rule *rule);
DEFINE_CLEANUP(struct rule *, rule_free)

#endif
