/*
 * The readers never stop at a fault: they tell it, leave the field as it was (the built-in or
 * merged value) and go on. Whoever asked for the document looks at json_finish() in the end.
 */
#include "json/read.h"

#include "base/ports.h"
#include "base/suggest.h"
#include "base/timespan.h"
#include "base/types.h"

#include <errno.h>
#include <stdio.h>

#define KEYS_SIZE 256

static void fault_of_type(const struct json *value, const char *hint)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",   [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
		[JSON_TEXT] = "a text", [JSON_LIST] = "a list",        [JSON_OBJECT] = "an object",
	};

	json_fault_of(value, "cannot be %s: %s", names[json_type(value)], hint);
}

bool json_expect(const struct json *value, enum json_type type, const char *hint)
{
	if (json_type(value) == type)
		return true;
	fault_of_type(value, hint);
	return false;
}

static const struct json_key *find_key(const struct json_object *object, const char *name)
{
	for (; object; object = object->base)
		for (const struct json_key *key = object->keys; key->name; key++)
			if (strcmp(key->name, name) == 0)
				return key;
	return NULL;
}

static void fault_of_unknown(const struct json *child, const struct json_object *object)
{
	struct suggestion suggestion = { .word = span_of(child->name) };
	char label[JSON_LABEL_SIZE], keys[KEYS_SIZE] = "";
	size_t n = 0;

	json_label(child, label);
	for (const struct json_object *o = object; o; o = o->base)
		for (const struct json_key *key = o->keys; key->name; key++) {
			suggestion_try(&suggestion, key->name);
			/* Keys that begin with "$" are for editors: nobody is pointed to them. */
			if (key->name[0] != '$' && n + strlen(key->name) + 3 <= KEYS_SIZE)
				n += (size_t)snprintf(keys + n, KEYS_SIZE - n, "%s%s",
						      n > 0 ? ", " : "", key->name);
		}
	if (suggestion.best)
		json_fault_at_key(child, "%s is not a key of %s: did you mean \"%s\"?", label,
				  object->noun, suggestion.best);
	else
		json_fault_at_key(child, "%s is not a key of %s: its keys are %s", label,
				  object->noun, keys);
}

bool json_read_object(const struct json *node, const struct json_object *object, void *base)
{
	struct json member;

	if (!json_expect(node, JSON_OBJECT, "write an object, { ... }"))
		return false;
	for (struct json child = { 0 }; json_next(node, &child);) {
		const struct json_key *key = find_key(object, child.name);

		if (!key)
			fault_of_unknown(&child, object);
		else if (key->read)
			key->read(&child, key, (char *)base + key->offset);
	}
	for (const struct json_object *o = object; o; o = o->base)
		for (const struct json_key *key = o->keys; key->name; key++)
			if (key->required && !json_find(node, key->name, &member))
				json_fault(node, "\"%s\" is missing: %s needs it", key->name,
					   object->noun);
	return true;
}

void json_read_object_key(const struct json *value, const struct json_key *key, void *field)
{
	(void)json_read_object(value, key->object, field);
}

void json_read_bool(const struct json *value, const struct json_key *key, void *field)
{
	if (json_expect(value, JSON_BOOL, "write true or false"))
		*(bool *)field = json_bool(value);
}

/* The value is a number, and in the key's range. */
static bool expect_number(const struct json *value, const struct json_key *key)
{
	double number;

	if (!json_expect(value, JSON_NUMBER, key->hint))
		return false;
	number = json_number(value);
	if (number >= (double)key->least && number <= (double)key->most)
		return true;
	json_fault_of(value, "is out of range: %s", key->hint);
	return false;
}

void json_read_whole(const struct json *value, const struct json_key *key, void *field)
{
	uint32_t whole;

	if (!expect_number(value, key))
		return;
	whole = (uint32_t)json_number(value);
	if ((double)whole < json_number(value))
		json_fault_of(value, "is out of range: %s", key->hint);
	else
		*(uint32_t *)field = whole;
}

void json_read_factor(const struct json *value, const struct json_key *key, void *field)
{
	if (expect_number(value, key))
		*(double *)field = json_number(value);
}

void json_read_tenths(const struct json *value, const struct json_key *key, void *field)
{
	double tenths, rest;

	if (!expect_number(value, key))
		return;
	tenths = json_number(value) * 10;
	rest = tenths - (unsigned)(tenths + 0.5);
	if (rest > 1e-6 || rest < -1e-6)
		json_fault_of(value, "has too many decimals: %s", key->hint);
	else
		*(unsigned *)field = (unsigned)(tenths + 0.5);
}

void json_read_choice(const struct json *value, const struct json_key *key, void *field)
{
	struct suggestion suggestion = { 0 };

	if (!json_expect(value, JSON_TEXT, key->hint))
		return;
	suggestion.word = span_of(json_text(value));
	for (unsigned i = 0; key->choices[i]; i++) {
		if (strcmp(json_text(value), key->choices[i]) == 0) {
			/* An enum without negative values is an unsigned int to gcc and clang. */
			*(unsigned *)field = i;
			return;
		}
		suggestion_try(&suggestion, key->choices[i]);
	}
	if (suggestion.best)
		json_fault_of(value, "has no such value: did you mean \"%s\"?", suggestion.best);
	else
		json_fault_of(value, "has no such value: %s", key->hint);
}

static char *copy_text(const struct json *value)
{
	char *text = strdup(json_text(value));

	if (!text)
		json_no_memory(value);
	return text;
}

/* A text, and not "" unless it may be. */
static bool expect_text(const struct json *value, const char *hint, bool empty)
{
	if (!json_expect(value, JSON_TEXT, hint))
		return false;
	if (empty || json_text(value)[0] != '\0')
		return true;
	json_fault_of(value, "is empty: %s", hint);
	return false;
}

void json_read_text(const struct json *value, const struct json_key *key, void *field)
{
	char **text = field;

	if (!expect_text(value, key->hint ? key->hint : "write a text", key->empty))
		return;
	free(*text); /* a key that stands here twice */
	*text = copy_text(value);
}

void json_read_span(const struct json *value, const struct json_key *key, void *field)
{
	bool good = false;
	double seconds;
	usec_t usec;

	if (json_type(value) == JSON_TEXT) {
		good = timespan_parse(span_of(json_text(value)), &usec) >= 0;
	} else if (json_type(value) == JSON_NUMBER) {
		seconds = json_number(value);
		good = seconds >= 0 && seconds < 1e12; /* far beyond every range, and 1e18 fits */
		usec = good ? (usec_t)(seconds * (double)USEC_PER_SEC + 0.5) : 0;
	} else {
		fault_of_type(value, key->hint);
		return;
	}
	if (!good)
		json_fault_of(value, "is not a time span: %s", key->hint);
	else if ((usec < key->least || usec > key->most) &&
		 !(key->infinity && usec == USEC_INFINITY))
		json_fault_of(value, "is out of range: %s", key->hint);
	else
		*(usec_t *)field = usec;
}

static void read_port(const struct json *value, const char *hint, struct ports *ports)
{
	bool is_number = json_type(value) == JSON_NUMBER;
	const char *known = NULL;
	double number;
	int r = -EINVAL;

	if (!is_number && !json_expect(value, JSON_TEXT, hint))
		return;
	number = is_number ? json_number(value) : 0;
	if (!is_number)
		r = ports_add(ports, span_of(json_text(value)));
	else if (number >= 1 && number <= UINT16_MAX && (double)(uint16_t)number >= number)
		r = ports_add_number(ports, (uint16_t)number);
	if (r == -ENOMEM)
		json_no_memory(value);
	if (r != -EINVAL)
		return;
	if (!is_number)
		known = ports_suggest(span_of(json_text(value)));
	if (known)
		json_fault_of(value, "is not a port: did you mean \"%s\"?", known);
	else
		json_fault_of(value, "is not a port: %s", hint);
}

void json_read_ports(const struct json *value, const struct json_key *key, void *field)
{
	static const char hint[] = "write 1 to 65535, \"5000-5010\", \"imap\" or \"all\"";
	struct ports *ports = field;

	ports_done(ports); /* a key that stands here twice */
	if (json_type(value) == JSON_TEXT && strcmp(json_text(value), "all") == 0) {
		ports->all = true;
		return;
	}
	if (!json_expect(value, JSON_LIST, "write a list of ports, or \"all\""))
		return;
	if (json_count(value) == 0)
		json_fault(value,
			   "\"ports\" is an empty list: name the ports to close, or \"all\"");
	for (struct json child = { 0 }; json_next(value, &child);)
		read_port(&child, hint, ports);
}

void json_read_schema(const struct json *value, const struct json_key *key, void *field)
{
	(void)json_expect(value, JSON_TEXT, "write the path of the schema");
}

void *json_allocate(const struct json *node, size_t n, size_t size)
{
	void *array = calloc(MAX(n, (size_t)1), size);

	if (!array)
		json_no_memory(node);
	return array;
}

void json_texts_free(char **texts, size_t n)
{
	for (size_t i = 0; texts && i < n; i++)
		free(texts[i]);
	free(texts);
}

bool json_read_texts(const struct json *value, const char *hint, bool empty, char ***ret,
		     size_t *ret_n)
{
	bool list = json_type(value) == JSON_LIST, good = true;
	size_t n = list ? json_count(value) : 1;
	struct json text = { 0 };
	char **texts;

	if (n == 0) {
		json_fault_of(value, "is an empty list: %s", hint);
		return false;
	}
	texts = json_allocate(value, n, sizeof(*texts));
	if (!texts)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!list)
			text = *value;
		else
			(void)json_next(value, &text);
		if (expect_text(&text, hint, empty))
			texts[i] = copy_text(&text);
		good = good && texts[i];
	}
	if (!good) {
		json_texts_free(texts, n);
		return false;
	}
	*ret = texts;
	*ret_n = n;
	return true;
}

bool json_check_name(const struct json *node, const char *name, size_t max, bool at_key)
{
	char label[JSON_LABEL_SIZE];

	if (name_is_valid(span_of(name), max))
		return true;
	(at_key ? json_fault_at_key : json_fault)(
		node,
		"%s is not a valid name: write at most %zu of a-z, 0-9, _ and -, a letter first",
		json_label(node, label), max);
	return false;
}
