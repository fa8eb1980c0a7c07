#include "import/import.h"

#include "base/types.h"
#include "config/policy.h"
#include "import/filter.h"
#include "import/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#define MAX_JAILS 300 /* that are on */
#define DATABASE  "/var/lib/fail2ban/fail2ban.sqlite3"

/* The one place that says which filter a shipped rule stands for, in which of its modes, or as
 * which filter, the rule is aggressive, and what the service must do for it. */
static const struct {
	const char *filter, *rule, *aggressive, *needs;
} shipped[] = {
	{ "cockpit", "cockpit", "", NULL },
	{ "courier-auth", "courier", "", NULL },
	{ "courier-smtp", "courier", "", NULL },
	{ "cyrus-imap", "cyrus", "", NULL },
	{ "sieve", "cyrus", "", NULL },
	{ "dovecot", "dovecot", "aggressive", NULL },
	{ "dovecot-pop3imap", "dovecot", "aggressive", NULL },
	{ "dropbear", "dropbear", "", NULL },
	{ "exim", "exim", "aggressive", "Exim must log to syslog (log_file_path = syslog)" },
	{ "haproxy-http-auth", "haproxy", "",
	  "HAProxy must note who sends a password (http-request capture): read the comment in the "
	  "rule" },
	{ "maddy", "maddy", "aggressive", NULL },
	{ "mailu", "mailu", "aggressive", NULL },
	{ "mox", "mox", "aggressive", NULL },
	{ "mox-web", "mox-web", "aggressive", NULL },
	{ "named-refused", "named", "named-refused",
	  "anybody can forge the sender of a query: read the comment in the rule" },
	{ "nextcloud", "nextcloud", "", "config.php needs 'log_type' => 'systemd'" },
	{ "nginx-http-auth", "nginx", "aggressive",
	  "nginx must log to syslog (error_log syslog:server=unix:/dev/log;)" },
	{ "nginx-forbidden", "nginx", "nginx-forbidden",
	  "nginx must log to syslog (error_log syslog:server=unix:/dev/log;)" },
	{ "nginx-limit-req", "nginx", "nginx-limit-req",
	  "nginx must log to syslog (error_log syslog:server=unix:/dev/log;)" },
	{ "opensmtpd", "opensmtpd", "aggressive", NULL },
	{ "postfix", "postfix", "ddos aggressive", NULL },
	{ "postfix-rbl", "postfix", "", NULL },
	{ "postfix-sasl", "postfix", "", NULL },
	{ "sasl", "postfix", "", NULL },
	{ "proftpd", "proftpd", "", NULL },
	{ "prosody", "prosody", "", "Prosody must log to syslog, with mod_log_auth" },
	{ "prosody-auth", "prosody", "", "Prosody must log to syslog, with mod_log_auth" },
	{ "pure-ftpd", "pure-ftpd", "",
	  "Pure-FTPd must tell addresses (DontResolve): read the comment in the rule" },
	{ "roundcube-auth", "roundcube", "",
	  "Roundcube must log whole messages to syslog: read the comment in the rule" },
	{ "sshd", "sshd", "ddos extra aggressive", NULL },
	{ "sshd-aggressive", "sshd", "sshd-aggressive", NULL },
	{ "sshd-ddos", "sshd", "sshd-ddos", NULL },
	{ "stalwart", "stalwart", "", "Stalwart needs a tracer journal of level debug" },
	{ "vaultwarden", "vaultwarden", "", "Vaultwarden must log to syslog (USE_SYSLOG=true)" },
	{ "vsftpd", "vsftpd", "", NULL },
};

static bool has_word(const char *words, const char *word)
{
	struct span one;

	while (option_word(&words, &one))
		if (span_equal(one, span_of(word)))
			return true;
	return false;
}

/* False: no shipped rule. */
static bool map_jail(struct import *import, const struct scope *scope, const struct given *given,
		     struct import_jail *jail)
{
	const struct ini_option *mode = ini_option(given->options, "mode");
	const char *changed = scope_find(scope, "failregex") ? "the jail's failregex" : NULL;
	size_t i = 0;

	if (strcmp(jail->filter, RECIDIVE_NAME) == 0) { /* its rule is built in */
		jail->rule = RECIDIVE_NAME;
		jail->fate = IMPORT_MAPPED;
		jail->values[KEY_MODE].text = "\"normal\"";
		return true;
	}
	while (i < ARRAY_SIZE(shipped) && strcmp(shipped[i].filter, jail->filter) != 0)
		i++;
	if (i == ARRAY_SIZE(shipped))
		return false;
	jail->rule = shipped[i].rule;
	jail->fate = IMPORT_MAPPED;
	jail->values[KEY_MODE].text = "\"normal\"";
	if (has_word(shipped[i].aggressive, mode ? mode->value : "normal") ||
	    has_word(shipped[i].aggressive, jail->filter))
		jail->values[KEY_MODE].text = "\"aggressive\"";
	if (shipped[i].needs)
		import_note(&import->arena, &jail->notes, "%s", shipped[i].needs);
	for (size_t k = 0; k < import->files.n; k++)
		if (strcmp(import->files.list[k].path,
			   arena_format(&import->arena, "filter.d/%s.local", given->name)) == 0)
			changed = import->files.list[k].path;
	if (changed)
		import_note(&import->arena, &jail->notes,
			    "what %s changes is not taken: the shipped rule has its own patterns",
			    changed);
	return true;
}

static int add_ports(struct import_jail *jail, const struct ports *ports)
{
	int r = 0;

	if (ports->all)
		return ports_add(&jail->ports, SPAN_LITERAL("all"));
	for (size_t i = 0; r >= 0 && i < ports->n_ranges; i++) {
		char text[16];

		(void)snprintf(text, sizeof(text), "%u-%u", ports->ranges[i].first,
			       ports->ranges[i].last);
		r = ports_add(&jail->ports, span_of(text));
	}
	return r;
}

/* The jail's own name, if banish can call one so. NULL: it is in `as`; else why not. */
static const char *name_jail(struct import *import, struct import_jail *jail)
{
	char name[NAME_SIZE] = "f2b-";
	size_t n = isalpha((unsigned char)jail->name[0]) ? 0 : 4;

	for (const char *at = jail->name; *at && n < sizeof(name) - 1; at++)
		name[n++] = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at)
			    : *at == '_'                ? '_'
							: '-';
	name[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(shipped); i++)
		if (strcmp(shipped[i].rule, name) == 0)
			return "its name is that of a shipped rule: give it another";
	if (!name_is_valid(span_of(name), NAME_SIZE - 1) || policy_reserved(name) ||
	    strncmp(name, "list-", 5) == 0 || strcmp(name, "recidive") == 0 ||
	    strcmp(name, "fleet") == 0)
		return "banish keeps its name for itself: give it another";
	for (const struct import_jail *other = import->jails; other != jail; other = other->next)
		if (other->as && strcmp(other->as, name) == 0)
			return arena_format(&import->arena,
					    "its name is too like that of the jail %s: give "
					    "it another",
					    other->name);
	jail->as = arena_copy(&import->arena, span_of(name));
	return NULL;
}

static bool is_counted_alike(const struct import_jail *jail, const struct import_jail *other)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(jail->values[i].text ?: "", other->values[i].text ?: "") != 0)
			return false;
	return true;
}

/* Another jail has the same shipped rule: its ports and its mode come to that one, unless it is the
 * same filter once more that counts in another way. Then both stand on the rule. */
static void join_jails(struct import *import, struct import_jail *jail)
{
	struct arena *arena = &import->arena;

	for (struct import_jail *first = import->jails; first != jail; first = first->next) {
		if (first->fate != IMPORT_MAPPED || strcmp(first->as, jail->rule) != 0)
			continue;
		if (strcmp(first->filter, jail->filter) == 0 &&
		    strcmp(jail->rule, RECIDIVE_NAME) != 0 && !is_counted_alike(first, jail) &&
		    !name_jail(import, jail))
			return;
		jail->fate = IMPORT_JOINED;
		if (add_ports(first, &jail->ports) < 0)
			arena->failed = true;
		if (strcmp(jail->values[KEY_MODE].text, "\"aggressive\"") == 0)
			first->values[KEY_MODE] = jail->values[KEY_MODE];
		for (size_t i = KEY_MAXRETRY; i < N_KEYS; i++) {
			const char *own = jail->values[i].text, *other = first->values[i].text;

			if (own && other && strcmp(own, other) != 0)
				import_note(arena, &jail->notes,
					    "its %s is %s, that of the jail %s is %s and holds",
					    import_keys[i], own, first->name, other);
		}
	}
}

static void note_rest(struct import *import, struct scope *scope, struct import_jail *jail)
{
	const char *command = scope_get(scope, "ignorecommand"), *dns = scope_get(scope, "usedns");

	if (command && *command)
		import_note(
			&import->arena, &jail->notes,
			"ignorecommand is not taken: put the addresses into ignoreip, or into a "
			"file that it names");
	if (dns && (strcmp(dns, "yes") == 0 || strcmp(dns, "raw") == 0))
		import_note(&import->arena, &jail->notes,
			    "usedns = %s: banish resolves no host name of a line", dns);
}

/* What it is read for, in order; false: it is listed, with the reason. */
static bool take_jail(struct import *import, struct scope *scope, struct import_jail *jail)
{
	const char *filter = scope_get(scope, "filter");
	struct given given = { 0 };

	if (!filter) {
		jail->reason = scope->error ?: "it has no filter";
		return false;
	}
	jail->given = filter;
	(void)option_next(&import->arena, &filter, &given);
	jail->filter = given.name ?: "";
	if (!settings_read_action(import, scope, jail))
		return false;
	if (!map_jail(import, scope, &given, jail)) {
		if (!filter_translate(import, scope, &given, jail))
			return false;
		jail->fate = IMPORT_TRANSLATED;
		jail->reason = name_jail(import, jail);
		jail->rule = jail->as;
	}
	settings_read(scope, jail->values, &jail->notes);
	note_rest(import, scope, jail);
	if (jail->fate == IMPORT_MAPPED) {
		join_jails(import, jail);
		jail->as = jail->as ?: jail->rule;
	}
	return !jail->reason;
}

static struct import_jail *add_jail(struct import *import, const char *name)
{
	struct import_jail *jail = arena_take(&import->arena, sizeof(*jail)), **end;
	size_t n = 0;

	if (!jail)
		return NULL;
	for (end = &import->jails; *end; end = &(*end)->next)
		n++;
	if (n == MAX_JAILS)
		import->arena.failed = true;
	*end = jail;
	jail->name = name;
	jail->filter = "";
	return jail;
}

static void import_jails(struct import *import)
{
	struct text list = { .arena = &import->arena };
	struct scope scope = { .ini = &import->ini, .section = "DEFAULT" };
	const char *self = scope_get(&scope, "ignoreself");

	import->ignoreself = !self || option_is_true(self);
	settings_read(&scope, import->defaults, &import->notes);
	settings_read_ignoreip(import, &scope, &list);
	import->ignoreip_from = scope_find(&scope, "ignoreip");
	for (const struct ini_section *section = import->ini.sections;
	     section && !import->arena.failed; section = section->next) {
		struct scope own = { .ini = &import->ini, .section = section->name };
		struct import_jail *jail;

		if (strcmp(section->name, "DEFAULT") == 0 ||
		    strncmp(section->name, "KNOWN/", 6) == 0 ||
		    !option_is_true(scope_get(&own, "enabled")))
			continue;
		jail = add_jail(import, section->name);
		if (!jail)
			continue;
		if (!take_jail(import, &own, jail))
			jail->fate = IMPORT_LISTED;
		if (jail->fate != IMPORT_LISTED && ini_option(section->options, "ignoreip")) {
			settings_read_ignoreip(import, &own, &list);
			import_note(&import->arena, &jail->notes,
				    "its ignoreip holds for all jails now: banish has one for all");
		}
	}
	import->ignoreip = text_end(&list);
}

int import_fail2ban(const struct import_files *files, struct import **ret)
{
	cleanup(import_freep) struct import *import = calloc(1, sizeof(*import));

	if (!import)
		return -ENOMEM;
	import->files = *files;
	import->ini.arena = &import->arena;
	if (!ini_read(&import->ini, files, "jail"))
		return import->arena.failed ? -ENOMEM : -ENOENT;
	ini_set(&import->ini, "DEFAULT",
		&(struct ini_option){ .name = "fail2ban_confpath", .value = files->folder });
	ini_set(&import->ini, "DEFAULT",
		&(struct ini_option){ .name = "fail2ban_version", .value = "" });
	import_jails(import);
	if (import->arena.failed)
		return -ENOMEM;
	*ret = TAKE_PTR(import);
	return 0;
}

const char *import_database(struct import *import)
{
	struct ini ini = { .arena = &import->arena };
	struct scope scope = { .ini = &ini, .section = "Definition" };
	const char *path;

	if (!ini_read(&ini, &import->files, "fail2ban"))
		return DATABASE;
	path = scope_get(&scope, "dbfile") ?: DATABASE;
	return *path == '/' ? path : NULL; /* "None", ":memory:" */
}

struct import *import_free(struct import *import)
{
	if (!import)
		return NULL;
	for (struct import_jail *jail = import->jails; jail; jail = jail->next)
		ports_done(&jail->ports);
	arena_done(&import->arena);
	free(import);
	return NULL;
}
