#include "import/filter.h"

#include "import/regex.h"

#define MAX_EVENTS 100 /* of a jail */
#define MAX_VALUES 32  /* of one field of "journal" */

static const char *const filter_options[] = { "failregex", "ignoreregex", "prefregex",
					      "journalmatch", "maxlines" };

/* Units of filters that name none: these log to the journal everywhere. */
static const struct {
	const char *filter, *units;
} known_units[] = {
	{ "perdition", "perdition.service" },
	{ "openvpn", "openvpn.service openvpn-server@server.service" },
	{ "proxmox", "pvedaemon.service" },
	{ "scanlogd", "scanlogd.service" },
	{ "slapd", "slapd.service" },
	{ "webmin-auth", "webmin.service" },
	{ "xrdp", "xrdp-sesman.service" },
};

/* Filters of lines that a client can write, or whose address it can choose: banish.rules(5). */
static const struct {
	const char *filter, *why;
} doubtful[] = {
	{ "ejabberd-auth", "a client can write whole lines of ejabberd's" },
	{ "forgejo", "a client can write whole lines of Forgejo's" },
	{ "gitea", "a client can write whole lines of Gitea's" },
	{ "pam-generic", "rhost= may be a name that the client's own DNS chose" },
	{ "sogo-auth", "a client can write whole lines of SOGo's" },
};

/* A filter's file and the scope of its values; all lies in an arena of its own. */
struct filter {
	struct arena arena; /* owned */
	struct ini ini;
	struct scope scope;
	struct ini_option *vars;
};

static void filter_done(struct filter *filter)
{
	arena_done(&filter->arena);
}

/* What common.conf lets stand before a message is no part of MESSAGE; a filter may add to it. */
static void forget_prefixes(const struct ini *ini)
{
	for (struct ini_section *section = ini->sections; section; section = section->next)
		for (struct ini_option *option = section->options; option; option = option->next)
			if (strcmp(option->name, "__prefix_line") == 0 &&
			    strcmp(option->file ?: "", "filter.d/common.conf") == 0 &&
			    strncmp(option->value, "<lt_", 4) != 0)
				option->value = "";
}

static bool filter_open(struct filter *filter, struct import *import, const struct given *given,
			struct import_jail *jail)
{
	struct ini_option *tags = NULL;
	const struct ini_section *init;

	*filter = (struct filter){ .ini.arena = &filter->arena };
	filter->scope = (struct scope){ .ini = &filter->ini, .section = "Definition" };
	if (given->name && !ini_read(&filter->ini, &import->files,
				     arena_format(&filter->arena, "filter.d/%s", given->name))) {
		jail->reason =
			arena_format(&import->arena, "there is no filter.d/%s.conf", given->name);
		return false;
	}
	forget_prefixes(&filter->ini);
	ini_prepend(&filter->arena, &filter->vars, "logtype", "journal");
	init = ini_section(&filter->ini, "Init");
	filter->scope.section = "Init";
	for (const struct ini_option *option = init ? init->options : NULL; option;
	     option = option->next) {
		const char *value = scope_get(&filter->scope, option->name);

		if (value)
			ini_prepend(&filter->arena, &tags, option->name, value);
	}
	filter->scope.section = "Definition";
	for (const struct ini_option *option = given->options; option; option = option->next) {
		ini_prepend(&filter->arena, &tags, option->name, option->value);
		ini_prepend(&filter->arena, &filter->vars, option->name, option->value);
	}
	filter->scope.vars = filter->vars;
	filter->scope.tags = tags;
	return true;
}

/* NULL: there is none, or the jail has the reason. */
static const char *filter_value(struct import *import, struct filter *filter, const char *name,
				struct import_jail *jail)
{
	const struct ini_option *given = ini_option(filter->scope.tags, name);
	const char *value = given ? given->value : scope_get(&filter->scope, name);

	if (value)
		value = scope_put_tags(&filter->scope, value);
	if (!filter->scope.error)
		return value;
	jail->reason =
		arena_format(&import->arena, "%s of its filter: %s", name, filter->scope.error);
	return NULL;
}

/* The filter's own values are known/... to the jail, and what the jail itself says overrules them.
 */
static bool filter_overrule(struct import *import, struct filter *filter, struct scope *jail_scope,
			    struct import_jail *jail)
{
	struct ini_option *known = NULL, *tags = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(filter_options); i++) {
		const char *value = filter_value(import, filter, filter_options[i], jail);

		if (filter->scope.error)
			return false;
		if (value)
			ini_prepend(&import->arena, &known,
				    arena_format(&import->arena, "known/%s", filter_options[i]),
				    arena_copy(&import->arena, span_of(value)));
	}
	jail_scope->vars = known;
	for (size_t i = 0; i < ARRAY_SIZE(filter_options); i++) {
		const char *value = scope_get(jail_scope, filter_options[i]);

		if (!value)
			continue;
		ini_prepend(&filter->arena, &tags, filter_options[i], value);
		if (strcmp(filter_options[i], "journalmatch") != 0)
			jail->given = NULL;
	}
	for (const struct ini_option *option = filter->scope.tags; option; option = option->next)
		if (!ini_option(tags, option->name))
			ini_prepend(&filter->arena, &tags, option->name, option->value);
	filter->scope.tags = tags;
	return true;
}

/* journalctl's words: FIELD=VALUE, "+" between alternatives. */
struct matches {
	struct {
		const char *field;
		struct span values[MAX_VALUES];
		size_t n;
	} fields[8];
	size_t n;
	bool trusted;
};

static bool field_is_trusted(struct span field)
{
	static const char *const trusted[] = { "_SYSTEMD_UNIT", "_SYSTEMD_CGROUP", "_SYSTEMD_SLICE",
					       "_UID", "_GID" };

	for (size_t i = 0; i < ARRAY_SIZE(trusted); i++)
		if (span_equal(field, span_of(trusted[i])))
			return true;
	return false;
}

static void add_match(struct arena *arena, struct matches *matches, struct span word)
{
	const char *equals = memchr(word.data, '=', word.size);
	struct span field = { word.data, equals ? (size_t)(equals - word.data) : 0 }, value;
	size_t i = 0;

	if (!equals)
		return;
	value = (struct span){ equals + 1, word.size - field.size - 1 };
	if (value.size > 1 && (*value.data == '"' || *value.data == '\''))
		value = (struct span){ value.data + 1, value.size - 2 };
	while (i < matches->n && !span_equal(field, span_of(matches->fields[i].field)))
		i++;
	if (i == ARRAY_SIZE(matches->fields) || matches->fields[i].n == MAX_VALUES)
		return;
	if (i == matches->n) {
		matches->fields[i].field = arena_copy(arena, field);
		matches->n++;
	}
	matches->fields[i].values[matches->fields[i].n++] = value;
	matches->trusted |= field_is_trusted(field);
}

/* One alternative is an object of "journal"; what anybody can write is left out. */
static void end_matches(struct import *import, struct matches *matches, struct text *journal,
			struct import_jail *jail)
{
	if (matches->n > 0 && !matches->trusted) {
		import_note(
			&import->arena, &jail->notes,
			"its journalmatch %s=... alone is left out: anybody can log such entries",
			matches->fields[0].field);
	} else if (matches->n > 0) {
		text_add(journal, journal->n > 0 ? ", { " : "{ ");
		for (size_t i = 0; i < matches->n; i++) {
			bool many = matches->fields[i].n > 1;

			text_add(journal, i > 0 ? ", " : "");
			text_quote(journal, span_of(matches->fields[i].field));
			text_add(journal, many ? ": [" : ": ");
			for (size_t k = 0; k < matches->fields[i].n; k++) {
				text_add(journal, k > 0 ? ", " : "");
				text_quote(journal, matches->fields[i].values[k]);
			}
			text_add(journal, many ? "]" : "");
		}
		text_add(journal, " }");
	}
	*matches = (struct matches){ 0 };
}

static const char *units_of(const char *filter)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_units); i++)
		if (strcmp(known_units[i].filter, filter) == 0)
			return known_units[i].units;
	return NULL;
}

static void read_journalmatch(struct import *import, const char *match, struct import_jail *jail)
{
	struct text journal = { .arena = &import->arena };
	struct matches matches = { 0 };
	struct span line, word;
	const char *at;

	while (option_line(&match, &line)) {
		at = arena_copy(&import->arena, line);
		while (option_word(&at, &word)) {
			if (span_equal(word, SPAN_LITERAL("+")))
				end_matches(import, &matches, &journal, jail);
			add_match(&import->arena, &matches, word);
		}
		end_matches(import, &matches, &journal, jail);
	}
	at = units_of(jail->filter);
	if (journal.n == 0 && at) {
		import_note(
			&import->arena, &jail->notes,
			"its filter names no unit, so its rule reads %s: look with journalctl -u "
			"whether yours are among them",
			at);
		text_add(&journal, "{ \"_SYSTEMD_UNIT\": [");
		for (const char *comma = ""; option_word(&at, &word); comma = ", ") {
			text_add(&journal, comma);
			text_quote(&journal, word);
		}
		text_add(&journal, "] }");
	}
	jail->journal = journal.n > 0 ? text_end(&journal) : NULL;
}

static const char *doubt_of(struct import *import, const struct import_jail *jail)
{
	for (size_t i = 0; i < ARRAY_SIZE(doubtful); i++)
		if (strcmp(doubtful[i].filter, jail->filter) == 0)
			return arena_format(&import->arena, "%s: see banish.rules(5)",
					    doubtful[i].why);
	return NULL;
}

static const char *file_reason(struct import *import, struct scope *scope,
			       const struct import_jail *jail)
{
	const char *path = scope_get(scope, "logpath"), *backend = scope_get(scope, "backend");

	if (backend && strncmp(backend, "systemd", 7) == 0)
		return "its journalmatch names no unit, so anybody could log such entries: add "
		       "_SYSTEMD_UNIT=... to it and import again";
	return arena_format(
		&import->arena,
		"it reads %.*s, and banish reads the journal: let the service log there (syslog), "
		"add journalmatch = _SYSTEMD_UNIT=... to the jail, and import again",
		path && *path ? (int)MIN(strcspn(path, "\n"), 100) : 5,
		path && *path ? path : "files");
}

static struct import_event *add_import_event(struct import *import, struct import_jail *jail,
					     const char *name, struct span source)
{
	struct import_event *event = arena_take(&import->arena, sizeof(*event)), **end;

	if (!event)
		return NULL;
	for (end = &jail->events; *end; end = &(*end)->next)
		;
	*end = event;
	event->name = name;
	event->source = arena_copy(&import->arena, source);
	return event;
}

/* What ends the search and weighs nothing is a success of nobody. */
static void translate_line(struct import *import, struct import_jail *jail, const char *prefregex,
			   struct span line, bool ignored, size_t n)
{
	struct arena *arena = &import->arena;
	struct import_event *event =
		add_import_event(import, jail,
				 arena_format(arena, ignored ? "ignored-%zu" : "fail-%zu", n),
				 line);
	struct regex_told told;

	if (!event)
		return;
	told = regex_translate(arena, prefregex, event->source, ignored);
	event->dropped = told.error;
	event->outcome = OUTCOME_FAILURE;
	if (ignored || (told.nofail && told.dropped) || (told.gained && !told.address)) {
		event->outcome = OUTCOME_SUCCESS;
		if (!ignored)
			told.pattern =
				regex_translate(arena, prefregex, event->source, true).pattern;
	} else if (told.gained) {
		event->outcome = OUTCOME_SUCCESS;
	} else if (told.nofail && told.session) {
		event->outcome = OUTCOME_NOTE;
	} else if (!told.address && !told.session && !told.error) {
		event->dropped = told.names     ? "it tells a host name, and banish resolves none"
				 : told.dropped ? "its address stands in another line of the same "
						  "process, and banish joins no lines by that"
						: "it tells no address";
	}
	event->address = told.address && event->outcome != OUTCOME_SUCCESS;
	event->user = told.user && !ignored;
	event->pattern = told.pattern;
	if (told.searched && !ignored && !event->dropped)
		import_note(
			arena, &jail->notes,
			"%s matches anywhere in a line (no ^), as in fail2ban: whoever can write "
			"a part of the line can name somebody else",
			event->name);
}

static void translate_lines(struct import *import, struct import_jail *jail, const char *prefregex,
			    const char *lines, bool ignored)
{
	struct span line;
	size_t n = 0;

	while (option_line(&lines, &line)) {
		if (n++ == MAX_EVENTS) {
			import_note(&import->arena, &jail->notes,
				    "of its patterns only the first %d are taken", MAX_EVENTS);
			return;
		}
		translate_line(import, jail, prefregex, line, ignored, n);
	}
}

bool filter_translate(struct import *import, struct scope *jail_scope, const struct given *given,
		      struct import_jail *jail)
{
	cleanup(filter_done) struct filter filter;
	const char *values[ARRAY_SIZE(filter_options)], *doubt = doubt_of(import, jail);

	if (!filter_open(&filter, import, given, jail) ||
	    !filter_overrule(import, &filter, jail_scope, jail))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(filter_options); i++) {
		values[i] = filter_value(import, &filter, filter_options[i], jail);
		if (filter.scope.error)
			return false;
	}
	if (!values[0] || !*values[0]) {
		jail->reason = "it has no failregex";
		return false;
	}
	if (values[4] && strtol(values[4], NULL, 10) > 1) {
		jail->reason = doubt ?: "its filter matches several lines at once (maxlines)";
		return false;
	}
	read_journalmatch(import, values[3] ?: "", jail);
	if (!jail->journal) {
		jail->reason = doubt ?: file_reason(import, jail_scope, jail);
		return false;
	}
	if (doubt)
		import_note(&import->arena, &jail->notes, "do not trust it: %s", doubt);
	translate_lines(import, jail, values[2], values[1] ?: "", true);
	translate_lines(import, jail, values[2], values[0], false);
	if (filter.arena.failed)
		import->arena.failed = true;
	return true;
}
