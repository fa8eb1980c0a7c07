/*
 * "define" is read before the events and the events before the examples, wherever they stand in the
 * file: each refers to the one before.
 */
#include "config/rule.h"

#include "base/address.h"
#include "base/ports.h"
#include "base/suggest.h"
#include "config/pattern.h"
#include "config/policy.h"
#include "json/read.h"

#include <errno.h>

static void rule_read_name(const struct json *value, const struct json_key *key, void *field)
{
	const char *reserved;

	if (!json_expect(value, JSON_TEXT, "write the rule's name, such as \"dovecot\""))
		return;
	reserved = policy_reserved(json_text(value));
	if (reserved)
		json_fault(value, "this name is reserved: %s", reserved);
	else if (json_check_name(value, json_text(value), NAME_SIZE - 1, false))
		strcpy(field, json_text(value));
}

static void read_journal(const struct json *value, const struct json_key *key, void *field)
{
	struct rule *rule = field;

	selectors_read(value, &rule->selectors, &rule->n_selectors);
}

static const struct json_key rule_keys[] = {
	{ "$schema", .read = json_read_schema },
	{ "name", rule_read_name, .offset = offsetof(struct rule, name), .required = true },
	{ "description", json_read_text, .offset = offsetof(struct rule, description) },
	{ "journal", read_journal, .required = true },
	{ "ports", json_read_ports, .offset = offsetof(struct rule, ports) },
	{ .name = "define" },
	{ .name = "events", .required = true },
	{ .name = "examples" },
	{ 0 },
};
static const struct json_object rule_object = { "a rule", rule_keys, NULL };

static void read_defines(const struct json *value, struct defines *defines)
{
	if (!json_expect(value, JSON_OBJECT, "write an object, { \"tail\": \"rip=...\" }"))
		return;
	defines->list = json_allocate(value, json_count(value), sizeof(*defines->list));
	if (!defines->list)
		return;
	for (struct json child = { 0 }; json_next(value, &child);) {
		struct define *define = &defines->list[defines->n];

		if (!json_expect(&child, JSON_TEXT, "write a piece of a pattern") ||
		    !json_check_name(&child, child.name, NAME_SIZE - 1, true))
			continue;
		/* It may use those above it. */
		define->text = event_expand(&child, defines, json_text(&child));
		define->name = define->text ? strdup(child.name) : NULL;
		if (define->name) {
			defines->n++;
			continue;
		}
		if (define->text)
			json_no_memory(&child);
		free(define->text);
		define->text = NULL;
	}
}

static void read_example_event(const struct json *value, const struct json_key *key, void *field)
{
	if (json_type(value) != JSON_NULL)
		json_read_text(value, key, field);
}

static void read_example_address(const struct json *value, const struct json_key *key, void *field)
{
	char text[ADDRESS_TEXT_MAX], **ret = field;
	struct address address;

	if (!json_expect(value, JSON_TEXT, key->hint))
		return;
	if (address_parse(span_of(json_text(value)), &address) < 0) {
		json_fault(value, "\"address\" is not an address: %s", key->hint);
		return;
	}
	free(*ret); /* a key that stands here twice */
	*ret = strdup(address_format(&address, text));
	if (!*ret)
		json_no_memory(value);
}

static void free_example_fields(struct example *example)
{
	for (size_t i = 0; i < example->n_fields; i++) {
		free(example->fields[i].name);
		free(example->fields[i].value);
	}
	free(example->fields);
	example->fields = NULL;
	example->n_fields = 0;
}

static void read_example_fields(const struct json *value, const struct json_key *key, void *field)
{
	struct example *example = field;

	if (!json_expect(value, JSON_OBJECT, "write an object, { \"FIELD\": \"value\" }"))
		return;
	free_example_fields(example); /* a key that stands here twice */
	example->fields = json_allocate(value, json_count(value), sizeof(*example->fields));
	for (struct json child = { 0 }; example->fields && json_next(value, &child);) {
		struct example_field *one = &example->fields[example->n_fields];

		if (!event_check_field(&child, child.name, true) ||
		    !json_expect(&child, JSON_TEXT, "write the field's value, a text"))
			continue;
		if (strcmp(child.name, "MESSAGE") == 0)
			json_fault_at_key(&child,
					  "MESSAGE is the example's \"message\": remove it");
		one->name = strdup(child.name);
		one->value = strdup(json_text(&child));
		if (!one->name || !one->value)
			json_no_memory(&child);
		example->n_fields++;
	}
}

const char *example_field(const struct example *example, const char *name)
{
	for (size_t i = 0; i < example->n_fields; i++)
		if (strcmp(example->fields[i].name, name) == 0)
			return example->fields[i].value;
	return NULL;
}

static const struct json_key example_keys[] = {
	{ "message", json_read_text, .offset = offsetof(struct example, message),
	  .required = true },
	{ "fields", .read = read_example_fields },
	{ "event", read_example_event, .offset = offsetof(struct example, event), .required = true,
	  .hint = "write the name of an event, or null if none may match" },
	{ "address", read_example_address, .offset = offsetof(struct example, address),
	  .hint = "write one such as \"192.0.2.1\" or \"2001:db8::1\"" },
	{ "user", json_read_text, .offset = offsetof(struct example, user), .empty = true },
	{ 0 },
};
static const struct json_object example_object = { "an example", example_keys, NULL };

static void read_example(const struct json *node, struct rule *rule)
{
	struct example *example = &rule->examples[rule->n_examples++];
	struct suggestion suggestion = { 0 };
	struct json value;

	json_position(node, &example->line, &example->column);
	if (!json_read_object(node, &example_object, example))
		return;
	if (!example->event) {
		if (example->address && json_find(node, "address", &value))
			json_fault_at_key(&value, "no event may match here, so there is no "
						  "address: remove it");
		return;
	}
	suggestion.word = span_of(example->event);
	for (size_t i = 0; i < rule->n_events; i++) {
		if (!rule->events[i].name)
			continue;
		if (strcmp(rule->events[i].name, example->event) == 0)
			return;
		suggestion_try(&suggestion, rule->events[i].name);
	}
	if (!json_find(node, "event", &value))
		return;
	if (suggestion.best)
		json_fault_of(&value, "names no event of this rule: did you mean \"%s\"?",
			      suggestion.best);
	else
		json_fault_of(&value, "names no event of this rule: write one of them, or null");
}

int rule_parse(const char *file, struct span text, struct faults *faults, struct rule **ret)
{
	cleanup(json_freep) struct json_document *document = NULL;
	cleanup(defines_done) struct defines defines = { 0 };
	cleanup(rule_freep) struct rule *rule = NULL;
	struct json root, value;
	int r;

	r = json_parse(file, text, faults, &document);
	if (r < 0)
		return r;
	rule = calloc(1, sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	rule->file = strdup(file);
	if (!rule->file)
		return -ENOMEM;
	root = json_root(document);
	if (json_read_object(&root, &rule_object, rule)) {
		rule->ports.all |= !json_find(&root, "ports", &value);
		if (json_find(&root, "define", &value))
			read_defines(&value, &defines);
		if (json_find(&root, "events", &value))
			events_read(&value, &defines, &rule->events, &rule->n_events);
		if (json_find(&root, "examples", &value) &&
		    json_expect(&value, JSON_LIST, "write a list, [ { \"message\": ... } ]"))
			rule->examples =
				json_allocate(&value, json_count(&value), sizeof(*rule->examples));
		for (struct json child = { 0 }; rule->examples && json_next(&value, &child);)
			read_example(&child, rule);
	}
	r = json_finish(document);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(rule);
	return 0;
}

struct rule *rule_ref(struct rule *rule)
{
	rule->n_others++;
	return rule;
}

int rule_new_built_in(const char *name, struct rule **ret)
{
	bool is_fleet = strcmp(name, FLEET_NAME) == 0;
	cleanup(rule_freep) struct rule *rule = calloc(1, sizeof(*rule));
	struct event *event = calloc(1, sizeof(*event));

	if (!rule || !event) {
		free(event);
		return -ENOMEM;
	}
	rule->events = event;
	rule->n_events = 1;
	rule->ports.all = true;
	strcpy(rule->name, name);
	rule->file = strdup("(built in)");
	rule->description = strdup(is_fleet ? "Who was banned by other hosts"
					    : "Who was banned by other jails, again and again");
	event->name = strdup("ban");
	event->weight = WEIGHT_ONE;
	event->field = strdup("MESSAGE");
	event->pattern = strdup("^(?<address>bans, no messages)$"); /* which are never asked */
	if (!rule->file || !rule->description || !event->name || !event->field || !event->pattern)
		return -ENOMEM;
	*ret = TAKE_PTR(rule);
	return 0;
}

struct rule *rule_free(struct rule *rule)
{
	if (!rule || rule->n_others-- > 0)
		return NULL;
	selectors_free(rule->selectors, rule->n_selectors);
	ports_done(&rule->ports);
	events_free(rule->events, rule->n_events);
	for (size_t i = 0; i < rule->n_examples; i++) {
		free(rule->examples[i].message);
		free_example_fields(&rule->examples[i]);
		free(rule->examples[i].event);
		free(rule->examples[i].address);
		free(rule->examples[i].user);
	}
	free(rule->examples);
	free(rule->description);
	free(rule->file);
	free(rule);
	return NULL;
}
