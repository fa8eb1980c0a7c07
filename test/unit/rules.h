#ifndef BANISH_RULES_H
#define BANISH_RULES_H

/* Rules made in the test itself, and entries that count what they are asked. */

#include "config/rule.h"
#include "entry/entry.h"
#include "unit.h"

static void *pool[65536];
static size_t n_pool;

static inline void *pooled(size_t n, size_t size)
{
	assert_true(n_pool < ARRAY_SIZE(pool));
	pool[n_pool] = calloc(n, size);
	assert_non_null(pool[n_pool]);
	return pool[n_pool++];
}

static inline void pool_done(void)
{
	while (n_pool > 0)
		free(pool[--n_pool]);
}

static inline char *pooled_text(const char *text, size_t size)
{
	return memcpy(pooled(size + 1, 1), text, size);
}

/* "x|y" -> the values x and y */
static inline void linebreak_values(const char *text, size_t size, char ***ret, size_t *ret_n)
{
	size_t n = 0, start = 0;

	*ret = pooled(size + 1, sizeof(**ret));
	for (size_t i = 0; i <= size; i++) {
		if (i < size && text[i] != '|')
			continue;
		(*ret)[n++] = pooled_text(text + start, i - start);
		start = i + 1;
	}
	*ret_n = n;
}

/* "_SYSTEMD_UNIT=a.service|b.service SYSLOG_IDENTIFIER=c" */
static inline void make_selector(struct rule *rule, const char *text)
{
	struct selector *selector = &rule->selectors[rule->n_selectors++];

	selector->conditions = pooled(8, sizeof(*selector->conditions));
	while (*text) {
		struct condition *condition = &selector->conditions[selector->n_conditions++];
		size_t size = strcspn(text, " "), name = strcspn(text, "=");

		condition->field = pooled_text(text, name);
		linebreak_values(text + name + 1, size - name - 1, &condition->values,
				 &condition->n_values);
		text += size + (text[size] != '\0');
	}
}

/* One selector; more with make_selector(). */
static inline struct rule *make_rule(const char *name, const char *selector)
{
	static char file[] = "r.json";
	struct rule *rule = pooled(1, sizeof(*rule));

	assert_true(strlen(name) < sizeof(rule->name));
	memcpy(rule->name, name, strlen(name));
	rule->file = file;
	rule->selectors = pooled(8, sizeof(*rule->selectors));
	rule->events = pooled(1024, sizeof(*rule->events));
	make_selector(rule, selector);
	return rule;
}

static inline struct event *make_event(struct rule *rule, const char *name, const char *field,
				       const char *pattern)
{
	struct event *event = &rule->events[rule->n_events++];

	event->name = pooled_text(name, strlen(name));
	event->field = pooled_text(field, strlen(field));
	event->weight = WEIGHT_ONE;
	if (pattern)
		event->pattern = pooled_text(pattern, strlen(pattern));
	event->line = event->column = 1;
	return event;
}

/* One condition; values as "x|y". */
static inline void make_where(struct event *event, const char *key, const char *values,
			      bool negated)
{
	event->where = pooled(1, sizeof(*event->where));
	event->n_where = 1;
	event->where->key = pooled_text(key, strlen(key));
	event->where->negated = negated;
	linebreak_values(values, strlen(values), &event->where->values, &event->where->n_values);
}

/* A logfmt event with one condition; keys are remote, username and cid. */
static inline struct event *make_logfmt_event(struct rule *rule, const char *name, const char *key,
					      const char *values, bool negated)
{
	static char address[] = "remote", user[] = "username", session[] = "cid";
	struct event *event = make_event(rule, name, "MESSAGE", NULL);

	event->format = FORMAT_LOGFMT;
	make_where(event, key, values, negated);
	event->address_keys = pooled(1, sizeof(*event->address_keys));
	event->address_keys[0] = address;
	event->n_address_keys = 1;
	event->user_key = user;
	event->session_key = session;
	return event;
}

/* Fields as "NAME=value"; lends the bytes from one buffer, as a journal does. */
struct source {
	const char *const *fields; /* NULL at the end */
	const char *failing;       /* -EIO when this is asked */
	char asked[512];           /* names of what was asked, a space after each */
	char lent[4096];
};

static inline int source_field(void *pointer, const char *name, struct span *ret)
{
	struct source *source = pointer;

	strncat(source->asked, name, sizeof(source->asked) - strlen(source->asked) - 1);
	strncat(source->asked, " ", sizeof(source->asked) - strlen(source->asked) - 1);
	memset(source->lent, 'X', sizeof(source->lent));
	if (source->failing && strcmp(source->failing, name) == 0)
		return -5;
	for (size_t i = 0; source->fields[i]; i++) {
		const char *field = source->fields[i];
		size_t size = strlen(name);

		if (strncmp(field, name, size) != 0 || field[size] != '=')
			continue;
		field += size + 1;
		assert_true(strlen(field) < sizeof(source->lent));
		memcpy(source->lent, field, strlen(field));
		*ret = (struct span){ source->lent, strlen(field) };
		return 1;
	}
	return 0;
}

static inline struct entry source_entry(struct source *source)
{
	source->asked[0] = '\0';
	return (struct entry){ .field = source_field, .source = source };
}

#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
