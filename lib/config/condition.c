#include "config/condition.h"

#include "json/read.h"

#define MAX_FIELD 64 /* bytes; journald takes no longer name */

/* journald fills these in from the kernel; whoever may log can choose all others: _COMM and
 * _CMDLINE when he starts a program, _EXE by a mount in a namespace of his own. */
static const char *const trusted_fields[] = {
	"_SYSTEMD_UNIT", "_SYSTEMD_CGROUP", "_SYSTEMD_SLICE", "_UID", "_GID",
};
#define N_NAMED_FIELDS 3 /* the first of them; the beginning of a number says nothing */

/* All that begin with "_" (systemd.journal-fields(7) of systemd 257), but _AUDIT_FIELD_*. */
static const char journald_fields[] =
	" _PID _UID _GID _COMM _EXE _CMDLINE _CAP_EFFECTIVE _AUDIT_SESSION _AUDIT_LOGINUID"
	" _SYSTEMD_CGROUP _SYSTEMD_SLICE _SYSTEMD_UNIT _SYSTEMD_USER_UNIT _SYSTEMD_USER_SLICE"
	" _SYSTEMD_SESSION _SYSTEMD_OWNER_UID _SYSTEMD_INVOCATION_ID _SELINUX_CONTEXT"
	" _SOURCE_REALTIME_TIMESTAMP _SOURCE_BOOTTIME_TIMESTAMP _BOOT_ID _MACHINE_ID _HOSTNAME"
	" _TRANSPORT _STREAM_ID _LINE_BREAK _NAMESPACE _RUNTIME_SCOPE _KERNEL_DEVICE"
	" _KERNEL_SUBSYSTEM _UDEV_SYSNAME _UDEV_DEVNODE _UDEV_DEVLINK _AUDIT_TYPE"
	" _AUDIT_TYPE_NAME _AUDIT_ID ";

bool event_check_field(const struct json *node, const char *field, bool at_key)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	char label[JSON_LABEL_SIZE];
	size_t n = strlen(field);

	if (n > 0 && n <= MAX_FIELD && strspn(field, letters) == n &&
	    !(field[0] >= '0' && field[0] <= '9'))
		return true;
	(at_key ? json_fault_at_key : json_fault)(
		node, "%s is not a journal field: write one of A-Z, 0-9 and _, such as MESSAGE",
		json_label(node, label));
	return false;
}

static bool condition_has(const struct condition *condition, const char *value)
{
	for (size_t i = 0; i < condition->n_values; i++)
		if (strcmp(condition->values[i], value) == 0)
			return true;
	return false;
}

bool condition_is_match(const struct condition *condition)
{
	return !condition->is_prefix && !condition_has(condition, "") &&
	       !(strcmp(condition->field, "_UID") == 0 &&
		 condition_has(condition, RULE_SYSTEM_USER));
}

bool condition_names(const struct condition *condition, struct span value)
{
	for (size_t i = 0; i < condition->n_values; i++) {
		struct span text = span_of(condition->values[i]);

		if (condition->is_prefix ? value.size >= text.size &&
						   memcmp(value.data, text.data, text.size) == 0
					 : span_equal(value, text))
			return true;
	}
	return false;
}

const struct condition *selector_find(const struct selector *selector, const char *field)
{
	for (size_t i = 0; i < selector->n_conditions; i++)
		if (strcmp(selector->conditions[i].field, field) == 0)
			return &selector->conditions[i];
	return NULL;
}

const char *selectors_next_unit(const struct selector *selectors, size_t n, struct unit_walk *walk)
{
	for (; walk->selector < n; walk->selector++, walk->value = 0) {
		const struct condition *unit =
			selector_find(&selectors[walk->selector], "_SYSTEMD_UNIT");

		while (unit && !unit->is_prefix && walk->value < unit->n_values) {
			const char *name = unit->values[walk->value++];

			if (*name) /* "": it is missing */
				return name;
		}
	}
	return NULL;
}

static bool is_among(const char *field, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(field, trusted_fields[i]) == 0)
			return true;
	return false;
}

/* A system user alone is no service: any of them may log what it was told. Nor is a field that may
 * be missing. */
static bool condition_is_trusted(const struct condition *condition)
{
	return is_among(condition->field, ARRAY_SIZE(trusted_fields)) &&
	       (condition->is_prefix || condition_is_match(condition));
}

static void read_prefix(const struct json *value, struct condition *condition)
{
	static const struct json_key keys[] = {
		{ "prefix", json_read_text, .required = true },
		{ 0 },
	};
	static const struct json_object object = { "a condition", keys, NULL };

	if (!is_among(condition->field, N_NAMED_FIELDS)) {
		json_fault(value, "\"prefix\" is for _SYSTEMD_UNIT, _SYSTEMD_CGROUP and "
				  "_SYSTEMD_SLICE: write values in full");
		return;
	}
	condition->values = json_allocate(value, 1, sizeof(*condition->values));
	if (!condition->values)
		return;
	condition->is_prefix = true;
	(void)json_read_object(value, &object, &condition->values[0]);
	condition->n_values = condition->values[0] != NULL;
}

/* What journald files entries under; "app" alone is none. */
static bool is_unit_name(const char *text)
{
	static const char *const suffixes[] = { ".service", ".scope",     ".slice", ".socket",
						".mount",   ".swap",      ".timer", ".path",
						".target",  ".automount", ".device" };
	const char *dot = strrchr(text, '.');

	for (size_t i = 0; dot > text && i < ARRAY_SIZE(suffixes); i++)
		if (strcmp(dot, suffixes[i]) == 0)
			return true;
	return false;
}

/* A later journald may have it, so it is no fault. */
static void check_trusted_field(const struct json *value, const char *field)
{
	const char *found = strstr(journald_fields, field);

	if (field[0] != '_' || strncmp(field, "_AUDIT_FIELD_", strlen("_AUDIT_FIELD_")) == 0)
		return;
	while (found && (found[-1] != ' ' || found[strlen(field)] != ' '))
		found = strstr(found + 1, field);
	if (!found)
		json_note(value,
			  "journald has no field %s, so no entry has this value: see "
			  "systemd.journal-fields(7)",
			  field);
}

/* Names of units that no entry that a rule gets to see can have. */
static void check_units(const struct json *value, const struct condition *condition)
{
	for (size_t i = 0; i < condition->n_values; i++) {
		const char *unit = condition->values[i];

		if (strcmp(unit, OWN_UNIT) == 0)
			json_fault(value, "banish never reads its own entries: name another unit");
		else if (*unit && !is_unit_name(unit))
			json_fault(value,
				   "\"%s\" is not the name of a unit: write one with its suffix, "
				   "such as \"dovecot.service\"",
				   unit);
	}
}

static void read_selector(const struct json *value, struct selector *selector)
{
	bool trusted = false;

	for (struct json child = { 0 }; json_next(value, &child);) {
		struct condition *condition = &selector->conditions[selector->n_conditions];

		if (!event_check_field(&child, child.name, true))
			continue;
		check_trusted_field(&child, child.name);
		condition->field = strdup(child.name);
		if (!condition->field) {
			json_no_memory(&child);
			continue;
		}
		selector->n_conditions++;
		if (json_type(&child) == JSON_OBJECT)
			read_prefix(&child, condition);
		else if (json_read_texts(&child, "write its value or a list of values, texts all",
					 true, &condition->values, &condition->n_values) &&
			 strcmp(condition->field, "_SYSTEMD_UNIT") == 0)
			check_units(&child, condition);
		trusted |= condition_is_trusted(condition);
	}
	if (!trusted)
		json_fault(value,
			   "anyone can log such entries: add _SYSTEMD_UNIT, _SYSTEMD_CGROUP, "
			   "_SYSTEMD_SLICE, _UID or _GID");
}

void selectors_read(const struct json *value, struct selector **ret, size_t *ret_n)
{
	selectors_free(*ret, *ret_n); /* a key that stands here twice */
	*ret = NULL;
	*ret_n = 0;
	if (!json_expect(value, JSON_LIST, "write [ { \"_SYSTEMD_UNIT\": \"x.service\" } ]"))
		return;
	if (json_count(value) == 0)
		json_fault(value, "\"journal\" is an empty list: name a unit to read");
	*ret = json_allocate(value, json_count(value), sizeof(**ret));
	if (!*ret)
		return;
	for (struct json child = { 0 }; json_next(value, &child);) {
		struct selector *selector = &(*ret)[*ret_n];

		if (!json_expect(&child, JSON_OBJECT, "write { \"_SYSTEMD_UNIT\": \"x.service\" }"))
			continue;
		selector->conditions =
			json_allocate(&child, json_count(&child), sizeof(*selector->conditions));
		if (!selector->conditions)
			continue;
		(*ret_n)++;
		read_selector(&child, selector);
	}
}

void selectors_free(struct selector *selectors, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < selectors[i].n_conditions; j++) {
			struct condition *condition = &selectors[i].conditions[j];

			free(condition->field);
			json_texts_free(condition->values, condition->n_values);
		}
		free(selectors[i].conditions);
	}
	free(selectors);
}
