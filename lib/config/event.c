/*
 * An event is read key by key and then looked at as a whole: which keys go together, and whether it
 * can ever name an address. What only the compiled pattern shows (its groups) is match.c's.
 */
#include "config/event.h"

#include "base/suggest.h"
#include "config/pattern.h"
#include "config/policy.h"
#include "json/read.h"

#include <errno.h>

#define MAX_EVENTS     1000 /* a rule of so many is no longer read by people */
#define MAX_EVENT_NAME 64   /* bytes */

static const char *const outcomes[] = { "failure", "success", "note", NULL };
static const char *const formats[] = { "pattern", "logfmt", "json", "fields", NULL };
static const char *const agreements[] = { "session", NULL };
static const char *const lasts[] = { "no guess", NULL };

static void event_read_name(const struct json *value, const struct json_key *key, void *field)
{
	if (json_expect(value, JSON_TEXT, "write a name, such as \"auth-failed\"") &&
	    json_check_name(value, json_text(value), MAX_EVENT_NAME, false))
		json_read_text(value, key, field);
}

/* A key that has one value, key->choices[0], and is true with it. */
static void read_word(const struct json *value, const struct json_key *key, void *field)
{
	if (!json_expect(value, JSON_TEXT, key->hint))
		return;
	if (strcmp(json_text(value), key->choices[0]) == 0)
		*(bool *)field = true;
	else
		json_fault(value, "\"%s\" has no such value: %s", key->name, key->hint);
}

static void read_field(const struct json *value, const struct json_key *key, void *field)
{
	if (json_expect(value, JSON_TEXT, "write a journal field, such as \"MESSAGE\"") &&
	    event_check_field(value, json_text(value), false))
		json_read_text(value, key, field);
}

static bool is_logfmt_key(const char *text)
{
	const char *at = text;

	while ((unsigned char)*at > ' ' && *at != '=' && *at != '"' && *at != 0x7f)
		at++;
	return at > text && !*at;
}

static const char *const named[] = { "address", "user", "session", "attempts", "secret" };

/* The word after "is not a key" that says what one is; NULL: it is a key of such an event. */
static const char *key_fault(enum event_format format, const char *key)
{
	if (format == FORMAT_LOGFMT && !is_logfmt_key(key))
		return "of a logfmt line: write one without spaces";
	if (format == FORMAT_JSON && !*key)
		return "of a JSON object: write one, such as \"request.remote_ip\"";
	return NULL;
}

static bool event_check_key(const struct json *node, enum event_format format, const char *key,
			    bool at_key)
{
	const char *what = key_fault(format, key);
	char label[JSON_LABEL_SIZE];

	if (format == FORMAT_PATTERN || format == FORMAT_FIELDS)
		return event_check_field(node, key, at_key);
	if (!what)
		return true;
	if (at_key)
		json_fault_at_key(node, "%s is not a key %s", json_label(node, label), what);
	else
		json_fault(node, "\"%s\" is not a key %s", key, what);
	return false;
}

static void read_addresses(const struct json *value, const struct json_key *key, void *field)
{
	struct event *event = field;

	json_texts_free(event->address_keys,
			event->n_address_keys); /* a key that stands here twice */
	event->address_keys = NULL;
	event->n_address_keys = 0;
	(void)json_read_texts(value, "write a key, or a list of keys that are tried in order",
			      false, &event->address_keys, &event->n_address_keys);
}

static void read_session(const struct json *value, const struct json_key *key, void *field)
{
	struct event *event = field;

	if (!json_expect(value, JSON_TEXT, "write a key, or \"address\""))
		return;
	event->session_is_address = strcmp(json_text(value), "address") == 0;
	if (!event->session_is_address)
		json_read_text(value, key, &event->session_key);
}

static void free_where(struct where *where, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(where[i].key);
		free(where[i].like);
		json_texts_free(where[i].values, where[i].n_values);
	}
	free(where);
}

/* A value of "where". It is expanded when the whole event is known. */
static void read_condition(const struct json *value, struct where *where)
{
	static const char hint[] = "write a text, a list of texts, {\"not\": ...} or {\"like\": "
				   "PATTERN}";
	struct json values = *value;
	bool object = json_type(value) == JSON_OBJECT;
	bool one = object && json_count(value) == 1;

	where->negated = one && json_find(value, "not", &values);
	if (one && json_find(value, "like", &values)) {
		if (json_expect(&values, JSON_TEXT,
				"write a pattern, such as \"^user (?<user>.*)$\"") &&
		    !(where->like = strdup(json_text(&values))))
			json_no_memory(&values);
	} else if (object && !where->negated) {
		json_fault_of(value, "is not a condition: %s", hint);
	} else {
		(void)json_read_texts(&values, hint, true, &where->values, &where->n_values);
	}
}

static void read_where(const struct json *value, const struct json_key *key, void *field)
{
	struct event *event = field;

	if (!json_expect(value, JSON_OBJECT, "write an object, { \"KEY\": \"value\" }"))
		return;
	if (json_count(value) == 0)
		json_fault(value, "\"where\" is empty: name a key and its value");
	free_where(event->where, event->n_where); /* a key that stands here twice */
	event->n_where = 0;
	event->where = json_allocate(value, json_count(value), sizeof(*event->where));
	if (!event->where)
		return;
	for (struct json child = { 0 }; json_next(value, &child);) {
		struct where *where = &event->where[event->n_where++];

		where->key = strdup(child.name);
		if (!where->key)
			json_no_memory(&child);
		read_condition(&child, where);
	}
}

static const struct json_key event_keys[] = {
	{ "name", event_read_name, .offset = offsetof(struct event, name), .required = true },
	{ "outcome", json_read_choice, .offset = offsetof(struct event, outcome),
	  .choices = outcomes, .hint = "write \"failure\", \"success\" or \"note\"" },
	{ "mode", json_read_choice, .offset = offsetof(struct event, mode), .choices = policy_modes,
	  .hint = "write \"normal\" or \"aggressive\"" },
	{ "weight", json_read_tenths, .offset = offsetof(struct event, weight), .most = 100,
	  .hint = "write a number from 0 to 100 with at most one decimal" },
	{ "agree", read_word, .offset = offsetof(struct event, agree), .choices = agreements,
	  .hint = "write \"session\"" },
	{ "counts", event_read_name, .offset = offsetof(struct event, counts) },
	{ "told_by", event_read_name, .offset = offsetof(struct event, told_by) },
	{ "last", read_word, .offset = offsetof(struct event, last_is_no_guess), .choices = lasts,
	  .hint = "write \"no guess\"" },
	{ "field", read_field, .offset = offsetof(struct event, field) },
	{ "format", json_read_choice, .offset = offsetof(struct event, format), .choices = formats,
	  .hint = "write \"pattern\", \"logfmt\", \"json\" or \"fields\"" },
	{ "pattern", json_read_text, .offset = offsetof(struct event, pattern) },
	{ "prefix", json_read_text, .offset = offsetof(struct event, prefix) },
	{ "where", .read = read_where },
	{ "address", .read = read_addresses },
	{ "user", json_read_text, .offset = offsetof(struct event, user_key) },
	{ "session", .read = read_session },
	{ "attempts", json_read_text, .offset = offsetof(struct event, attempts_key) },
	{ "secret", json_read_text, .offset = offsetof(struct event, secret_key) },
	{ 0 },
};
static const struct json_object event_object = { "an event", event_keys, NULL };

char *event_expand(const struct json *value, const struct defines *defines, const char *text)
{
	struct suggestion suggestion = { 0 };
	char *expanded;
	int n, r;

	r = defines_expand(defines, text, &expanded, &suggestion.word);
	if (r >= 0)
		return expanded;
	if (r == -E2BIG)
		json_fault(value, "the pattern is too long: 64 KiB are allowed");
	else if (r != -ENOENT)
		json_no_memory(value);
	if (r != -ENOENT)
		return NULL;
	for (size_t i = 0; i < defines->n; i++)
		suggestion_try(&suggestion, defines->list[i].name);
	n = (int)MIN(suggestion.word.size, JSON_LABEL_SIZE - 1);
	if (suggestion.best)
		json_fault(value, "%%{%.*s} is not defined: did you mean %%{%s}?", n,
			   suggestion.word.data, suggestion.best);
	else
		json_fault(value, "%%{%.*s} is not defined: add it to \"define\"", n,
			   suggestion.word.data);
	return NULL;
}

/* `*pattern` complete, and anchored; else it is freed, and the fault told at `value`. */
static void expand_pattern(const struct json *value, const struct defines *defines, char **pattern)
{
	const char *fault;
	char *expanded;

	if (!*pattern)
		return;
	expanded = event_expand(value, defines, *pattern);
	free(*pattern);
	*pattern = expanded;
	fault = expanded ? pattern_anchor_fault(expanded) : NULL;
	if (fault)
		json_fault(value, "%s", fault);
}

static void finish_where(const struct json *node, const struct defines *defines,
			 struct event *event)
{
	struct json list, value;
	size_t i = 0;

	if (!json_find(node, "where", &list) || json_type(&list) != JSON_OBJECT)
		return;
	for (struct json child = { 0 }; json_next(&list, &child) && i < event->n_where; i++) {
		(void)event_check_key(&child, event->format, child.name, true);
		if (event->where[i].like && json_find(&child, "like", &value))
			expand_pattern(&value, defines, &event->where[i].like);
	}
}

/* Of an event with a pattern. */
static void finish_pattern(const struct json *node, const struct defines *defines,
			   struct event *event)
{
	struct json value;

	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		if (json_find(node, named[i], &value) &&
		    !(event->session_is_address && strcmp(named[i], "session") == 0))
			json_fault_at_key(&value,
					  "\"%s\" names a key: add \"format\": \"logfmt\", "
					  "\"json\" or \"fields\", or use a named group",
					  named[i]);
	if (!json_find(node, "pattern", &value)) {
		json_fault(node, "\"pattern\" is missing: an event needs it, or \"format\": "
				 "\"logfmt\", \"json\" or \"fields\"");
		return;
	}
	json_position(&value, &event->line, &event->column);
	expand_pattern(&value, defines, &event->pattern);
}

/* A key that stands as a value; an empty one was told of already. */
static void event_check_value(const struct json *value, enum event_format format)
{
	if (json_type(value) == JSON_TEXT && *json_text(value))
		(void)event_check_key(value, format, json_text(value), false);
}

/* Of an event with keys. */
static void finish_keys(const struct json *node, const struct defines *defines, struct event *event)
{
	bool line = event->format != FORMAT_FIELDS;
	struct json value;

	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		if (!json_find(node, named[i], &value) ||
		    (event->session_is_address && strcmp(named[i], "session") == 0))
			continue;
		event_check_value(&value, event->format);
		for (struct json child = { 0 };
		     json_type(&value) == JSON_LIST && json_next(&value, &child);)
			event_check_value(&child, event->format);
	}
	if (json_find(node, "pattern", &value))
		json_fault_at_key(&value, "an event has a pattern or keys, never both: remove one");
	if (json_find(node, "field", &value) && !line)
		json_fault_at_key(&value, "format fields looks at every field: remove \"field\"");
	if (json_find(node, "prefix", &value) && line)
		expand_pattern(&value, defines, &event->prefix);
	if (!json_find(node, "where", &value) && !event->prefix)
		json_fault(node, "\"where\" is missing: an event of this format needs it%s",
			   line ? ", or \"prefix\"" : "");
}

/* The event has such a key, or a pattern with a group of that name. */
static bool tells(const struct json *node, const struct event *event, const char *name)
{
	struct json value;

	if (json_find(node, name, &value))
		return true;
	for (size_t i = 0; i < event->n_where; i++)
		if (event->where[i].like && pattern_names_group(event->where[i].like, name))
			return true;
	if (event->format != FORMAT_PATTERN)
		return event->prefix && pattern_names_group(event->prefix, name);
	/* Without a pattern there is a fault already: one is enough. */
	return !event->pattern || pattern_names_group(event->pattern, name);
}

static void check_sense(const struct json *node, const struct event *event)
{
	static const char *const counting[] = { "counts", "told_by", "last" };
	bool address = tells(node, event, "address"), session = tells(node, event, "session");
	struct json value;

	if (event->session_is_address && !address && json_find(node, "session", &value))
		json_fault_at_key(&value, "the session is the address: the event needs an "
					  "\"address\"");
	else if (event->outcome == OUTCOME_FAILURE && !address && !session)
		json_fault(node, "the event can name nobody: give it an \"address\" or a "
				 "\"session\" that recalls one");
	if (event->outcome == OUTCOME_NOTE && !session)
		json_fault(node, "a note without a session is never recalled: add \"session\"");
	if (event->agree && !(address && session) && json_find(node, "agree", &value))
		json_fault_at_key(&value, "\"agree\" compares two addresses: the event needs both "
					  "\"address\" and \"session\"");
	for (size_t i = 0; i < ARRAY_SIZE(counting); i++)
		if (event->outcome != OUTCOME_FAILURE && json_find(node, counting[i], &value))
			json_fault_at_key(&value, "\"%s\" is only for failures: remove it",
					  counting[i]);
	if (event->last_is_no_guess && !tells(node, event, "attempts") &&
	    json_find(node, "last", &value))
		json_fault_at_key(&value, "\"last\" subtracts one from a total: the event needs "
					  "\"attempts\"");
}

/* `events[i]`, behind those before it. */
static void read_event(const struct json *node, const struct defines *defines, struct event *events,
		       size_t i)
{
	struct event *event = &events[i];
	struct json value;

	event->weight = WEIGHT_ONE;
	json_position(node, &event->line, &event->column);
	if (!json_read_object(node, &event_object, event))
		return;
	if (!event->field && !(event->field = strdup("MESSAGE")))
		json_no_memory(node);
	if (event->format == FORMAT_PATTERN)
		finish_pattern(node, defines, event);
	else
		finish_keys(node, defines, event);
	if (json_find(node, "prefix", &value) &&
	    (event->format == FORMAT_PATTERN || event->format == FORMAT_FIELDS))
		json_fault_at_key(&value, "\"prefix\" stands before keys: it is only for logfmt "
					  "and json");
	finish_where(node, defines, event);
	check_sense(node, event);

	for (size_t k = 0; event->name && k < i; k++)
		if (events[k].name && strcmp(events[k].name, event->name) == 0 &&
		    json_find(node, "name", &value)) {
			json_fault(&value, "another event has this name: choose one of its own");
			return;
		}
}

void events_read(const struct json *value, const struct defines *defines, struct event **ret,
		 size_t *ret_n)
{
	size_t n;

	if (!json_expect(value, JSON_LIST, "write a list of events, [ { ... } ]"))
		return;
	n = json_count(value);
	if (n == 0)
		json_fault(value, "a rule without an event does nothing: add one");
	if (n > MAX_EVENTS) {
		json_fault(value, "too many events: %d are allowed", MAX_EVENTS);
		return;
	}
	*ret = json_allocate(value, n, sizeof(**ret));
	if (!*ret)
		return;
	for (struct json child = { 0 }; json_next(value, &child);)
		read_event(&child, defines, *ret, (*ret_n)++);
}

void events_free(struct event *events, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct event *event = &events[i];

		free(event->name);
		free(event->counts);
		free(event->told_by);
		free(event->field);
		free(event->pattern);
		free_where(event->where, event->n_where);
		free(event->prefix);
		json_texts_free(event->address_keys, event->n_address_keys);
		free(event->user_key);
		free(event->session_key);
		free(event->attempts_key);
		free(event->secret_key);
	}
	free(events);
}
