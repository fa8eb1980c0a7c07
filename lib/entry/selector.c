/*
 * Every (field, value) that a rule names has a number, found by hash; a field that was asked leaves
 * only the number of its value behind (0: none of ours), so nothing of the entry is copied. The
 * table is filled from the administrator's files alone: its chains do not grow with what strangers
 * log. Beginnings of values, which few rules name, are compared one by one.
 */

#include "entry/selector.h"

#include "base/array.h"
#include "base/bitmap.h"

#include <errno.h>

#define NO_VALUE 0U

struct selected_field {
	const char *name; /* borrowed from the rule */
	unsigned view;    /* rule + 1 whose own view has it; 0: the entry */
	bool leads;       /* first need of some selector */
	bool asked;
	bool missing;
	bool is_system;       /* _UID of a system user */
	unsigned system_user; /* the value "system" of _UID; NO_VALUE: no rule has it */
	unsigned value;
	unsigned prefix; /* the first of its beginnings; NO_VALUE: none */
};

struct value {
	const char *text; /* borrowed from the rule */
	unsigned field;
	unsigned next;   /* in its chain, or the field's next beginning; NO_VALUE: last */
	bool begins;     /* a beginning: the entry's value begins with it */
	unsigned *rules; /* that have a selector led by it */
	size_t n_rules;
};

/* One condition: the field has one of the values. */
struct need {
	unsigned field;
	unsigned *values;
	size_t n_values;
};

/* One selector: all needs hold. */
struct needs {
	struct need *needs;
	size_t n_needs;
};

struct selection {
	size_t n_rules;
	bool assume_missing;
	struct selected_field *fields;
	size_t n_fields;
	struct value *values; /* [0] is unused: NO_VALUE */
	size_t n_values;
	unsigned *heads;
	size_t n_heads; /* a power of two */
	struct needs *selectors;
	size_t n_selectors;
	size_t *first; /* [n_rules + 1]: selectors of a rule lie together */
};

static size_t head_of(const struct selection *selection, unsigned field, struct span text)
{
	uint64_t hash = 0xcbf29ce484222325ULL ^ field;

	for (size_t i = 0; i < text.size; i++)
		hash = (hash ^ (uint8_t)text.data[i]) * 0x100000001b3ULL;
	return (hash ^ hash >> 32) & (selection->n_heads - 1);
}

static unsigned find_value(const struct selection *selection, unsigned field, struct span text)
{
	unsigned i = selection->heads[head_of(selection, field, text)];

	while (i != NO_VALUE) {
		const struct value *value = &selection->values[i];

		if (value->field == field && span_equal(span_of(value->text), text))
			return i;
		i = value->next;
	}
	return NO_VALUE;
}

/* The arrays were made large enough for all conditions and values of all rules. */
static unsigned intern_field(struct selection *selection, const char *name, unsigned view)
{
	for (size_t i = 0; i < selection->n_fields; i++)
		if (selection->fields[i].view == view &&
		    strcmp(selection->fields[i].name, name) == 0)
			return (unsigned)i;
	selection->fields[selection->n_fields].name = name;
	selection->fields[selection->n_fields].view = view;
	return (unsigned)selection->n_fields++;
}

static unsigned intern_value(struct selection *selection, unsigned field, const char *text)
{
	unsigned i = find_value(selection, field, span_of(text));
	unsigned *head = &selection->heads[head_of(selection, field, span_of(text))];

	if (i != NO_VALUE)
		return i;
	i = (unsigned)selection->n_values++;
	selection->values[i] = (struct value){ .text = text, .field = field, .next = *head };
	*head = i;
	if (strcmp(text, RULE_SYSTEM_USER) == 0 &&
	    strcmp(selection->fields[field].name, "_UID") == 0)
		selection->fields[field].system_user = i;
	return i;
}

/* Each by itself, also where two rules name the same. */
static unsigned intern_prefix(struct selection *selection, unsigned field, const char *text)
{
	unsigned i = (unsigned)selection->n_values++;
	unsigned *first = &selection->fields[field].prefix;

	selection->values[i] = (struct value){ .text = text, .field = field, .next = *first };
	*first = i;
	return i;
}

static bool is_of_view(const struct condition *condition, bool stripped)
{
	return stripped && strcmp(condition->field, "SYSLOG_IDENTIFIER") == 0;
}

static int selector_append(struct selection *selection, const struct selector *selector,
			   bool stripped, unsigned rule)
{
	struct needs *needs = &selection->selectors[selection->n_selectors++];
	const struct need *first;
	size_t leading = 0;

	/* The condition that tells most goes first: journald's unit is asked by nearly every
	 * rule. */
	for (size_t i = selector->n_conditions; i-- > 0;)
		if (strcmp(selector->conditions[i].field, "_SYSTEMD_UNIT") == 0)
			leading = i;
	while (leading + 1 < selector->n_conditions &&
	       is_of_view(&selector->conditions[leading], stripped))
		leading++; /* who narrows asks the entry itself */
	first = needs->needs = calloc(MAX(selector->n_conditions, 1), sizeof(*needs->needs));
	if (!first)
		return -ENOMEM;
	for (size_t i = 0; i < selector->n_conditions; i++) {
		const struct condition *condition = &selector->conditions[i == 0         ? leading
									  : i <= leading ? i - 1
											 : i];
		struct need *need = &needs->needs[needs->n_needs++];

		need->field = intern_field(selection, condition->field,
					   is_of_view(condition, stripped) ? rule + 1 : 0);
		need->values = calloc(MAX(condition->n_values, 1), sizeof(*need->values));
		if (!need->values)
			return -ENOMEM;
		for (size_t k = 0; k < condition->n_values; k++)
			need->values[need->n_values++] =
				(condition->is_prefix ? intern_prefix
						      : intern_value)(selection, need->field,
								      condition->values[k]);
	}
	selection->fields[first->field].leads |= needs->n_needs > 0;
	for (size_t i = 0; i < first->n_values; i++) {
		struct value *value = &selection->values[first->values[i]];

		if (!array_grow(value->rules, value->n_rules))
			return -ENOMEM;
		value->rules[value->n_rules++] = rule;
	}
	return 0;
}

static int selector_make_room(struct selection *selection, const struct selectors *rules)
{
	size_t n_conditions = 0, n_values = 0, n_selectors = 0;

	for (size_t i = 0; i < selection->n_rules; i++) {
		n_selectors += rules[i].n;
		for (size_t j = 0; j < rules[i].n; j++) {
			const struct selector *selector = &rules[i].list[j];

			n_conditions += selector->n_conditions;
			for (size_t k = 0; k < selector->n_conditions; k++)
				n_values += selector->conditions[k].n_values;
		}
	}
	selection->n_heads = 16;
	while (selection->n_heads < 2 * n_values)
		selection->n_heads *= 2;
	selection->n_values = 1;
	selection->fields = calloc(n_conditions + 1, sizeof(*selection->fields));
	selection->values = calloc(n_values + 1, sizeof(*selection->values));
	selection->heads = calloc(selection->n_heads, sizeof(*selection->heads));
	selection->selectors = calloc(n_selectors + 1, sizeof(*selection->selectors));
	selection->first = calloc(selection->n_rules + 1, sizeof(*selection->first));
	if (!selection->fields || !selection->values || !selection->heads ||
	    !selection->selectors || !selection->first)
		return -ENOMEM;
	return 0;
}

int selection_new(const struct selectors *rules, size_t n_rules, struct selection **ret)
{
	cleanup(selection_freep) struct selection *selection = NULL;
	int r;

	selection = calloc(1, sizeof(*selection));
	if (!selection)
		return -ENOMEM;
	selection->n_rules = n_rules;
	r = selector_make_room(selection, rules);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_rules; i++) {
		for (size_t j = 0; j < rules[i].n; j++) {
			r = selector_append(selection, &rules[i].list[j], rules[i].stripped,
					    (unsigned)i);
			if (r < 0)
				return r;
		}
		selection->first[i + 1] = selection->n_selectors;
	}

	*ret = TAKE_PTR(selection);
	return 0;
}

struct selection *selection_free(struct selection *selection)
{
	if (!selection)
		return NULL;
	for (size_t i = 0; selection->selectors && i < selection->n_selectors; i++) {
		struct needs *needs = &selection->selectors[i];

		for (size_t j = 0; j < needs->n_needs; j++)
			free(needs->needs[j].values);
		free(needs->needs);
	}
	for (size_t i = 0; selection->values && i < selection->n_values; i++)
		free(selection->values[i].rules);
	free(selection->fields);
	free(selection->values);
	free(selection->heads);
	free(selection->selectors);
	free(selection->first);
	free(selection);
	return NULL;
}

void selection_begin(struct selection *selection)
{
	for (size_t i = 0; i < selection->n_fields; i++)
		selection->fields[i].asked = false;
}

void selection_assume_missing(struct selection *selection, bool assume)
{
	selection->assume_missing = assume;
}

/* "0" to "999". */
static bool is_system_user(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return text.size > 0 && text.size <= 3;
}

static int selector_ask(struct selection *selection, const struct entry *entry, unsigned i)
{
	struct selected_field *field = &selection->fields[i];
	struct span text;
	int r;

	if (field->asked)
		return 0;
	r = entry_field(entry, field->name, &text);
	if (r < 0)
		return r;
	if (r == 0)
		text = span_of("");
	field->missing = r == 0;
	for (unsigned k = field->prefix; k != NO_VALUE; k = selection->values[k].next) {
		struct value *value = &selection->values[k];
		size_t size = strlen(value->text);

		value->begins = text.size >= size && memcmp(text.data, value->text, size) == 0;
	}
	field->value = find_value(selection, i, text);
	/* only journald and the kernel log without a user */
	field->is_system = field->system_user != NO_VALUE && (r == 0 || is_system_user(text));
	field->asked = true;
	return 0;
}

static int need_holds(struct selection *selection, const struct entry *entry,
		      const struct need *need)
{
	const struct selected_field *field = &selection->fields[need->field];
	int r;

	r = selector_ask(selection, entry, need->field);
	if (r < 0)
		return r;
	for (size_t i = 0; i < need->n_values; i++)
		if (need->values[i] == field->value ||
		    (field->prefix != NO_VALUE && selection->values[need->values[i]].begins) ||
		    (field->is_system && need->values[i] == field->system_user))
			return 1;
	return field->missing && selection->assume_missing;
}

int selection_agrees(struct selection *selection, const struct entry *entry, size_t rule)
{
	for (size_t i = selection->first[rule]; i < selection->first[rule + 1]; i++) {
		const struct needs *needs = &selection->selectors[i];
		int r = 1;

		for (size_t j = 0; r > 0 && j < needs->n_needs; j++)
			r = need_holds(selection, entry, &needs->needs[j]);
		if (r != 0)
			return r;
	}
	return 0;
}

static void set_led(const struct selection *selection, unsigned value, uint64_t *rules)
{
	for (size_t i = 0; i < selection->values[value].n_rules; i++)
		bitmap_set(rules, selection->values[value].rules[i]);
}

int selection_narrow(struct selection *selection, const struct entry *entry, uint64_t *rules)
{
	size_t n_words = bitmap_words(selection->n_rules);
	int r;

	memset(rules, 0, n_words * sizeof(*rules));
	for (unsigned i = 0; i < selection->n_fields; i++) {
		const struct selected_field *field = &selection->fields[i];

		if (!field->leads)
			continue;
		r = selector_ask(selection, entry, i);
		if (r < 0)
			return r;
		if (field->missing && selection->assume_missing) {
			memset(rules, 0xff, n_words * sizeof(*rules));
			return 0;
		}
		set_led(selection, field->value, rules);
		if (field->is_system)
			set_led(selection, field->system_user, rules);
		for (unsigned k = field->prefix; k != NO_VALUE; k = selection->values[k].next)
			if (selection->values[k].begins)
				set_led(selection, k, rules);
	}
	return 0;
}
