#ifndef BANISH_CONFIG_EVENT_H
#define BANISH_CONFIG_EVENT_H

/* One event of a rule file as a value. Its pattern is compiled in match/. */

#include "base/types.h"
#include "base/util.h"
#include "config/condition.h"

struct defines;
struct json;

enum outcome { OUTCOME_FAILURE, OUTCOME_SUCCESS, OUTCOME_NOTE };
enum event_format {
	FORMAT_PATTERN,
	FORMAT_LOGFMT,
	FORMAT_JSON,
	FORMAT_FIELDS, /* the keys are other fields of the entry */
};

/* "KEY": "text", ["text", ...], {"not": either} or {"like": PATTERN}; "" is an empty or missing
 * key. The key is one of the line, with formats pattern and fields a field of the entry. */
struct where {
	char *key;
	char **values;
	size_t n_values;
	bool negated;
	char *like; /* then there are no values; %{define} already put in */
};

/* Whether this value meets a condition that is no pattern. */
static inline bool where_holds(const struct where *where, struct span value)
{
	bool found = false;

	for (size_t i = 0; !found && i < where->n_values; i++)
		found = span_equal(value, span_of(where->values[i]));
	return found != where->negated;
}

struct event {
	char *name;
	enum outcome outcome;
	enum mode mode;  /* MODE_AGGRESSIVE: weighs nothing in a normal jail, but still ends the
			    search */
	unsigned weight; /* tenths; default WEIGHT_ONE */
	bool agree;      /* "agree": "session" */
	char *counts;    /* what a failure counts; NULL: attempts */
	char *told_by;   /* who tells it: totals of one teller add up; NULL: the event itself */
	bool last_is_no_guess; /* "last": of the announced attempts the last one was none */
	char *field;           /* default "MESSAGE" */
	enum event_format format;
	char *pattern; /* %{define} already put in; NULL unless the format is pattern */
	char *prefix;  /* likewise, of logfmt and JSON: what stands before; NULL: nothing */
	struct where *where;
	size_t n_where;
	char **address_keys; /* tried in order */
	size_t n_address_keys;
	char *user_key, *session_key, *attempts_key; /* NULL: none */
	char *secret_key;                            /* the same: what stands for the password */
	bool session_is_address; /* "session": "address"; then there is no session_key */
	unsigned line, column;   /* of the event's pattern or object */
};

/* The list "events": as far as they are well; the rest is told. Done with events_free(). */
void events_read(const struct json *value, const struct defines *defines, struct event **ret,
		 size_t *ret_n);
void events_free(struct event *events, size_t n);

/* `text` with its defines put in, owned; NULL: told at `value`. */
char *event_expand(const struct json *value, const struct defines *defines, const char *text);

#endif
