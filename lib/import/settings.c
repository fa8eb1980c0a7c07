#include "import/settings.h"

#include "base/address.h"
#include "base/timespan.h"
#include "config/ignorelist.h"
#include "import/duration.h"
#include "import/option.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#define YEAR (365.25 * 24 * 3600)

/* How the time of a ban grows. */
struct growth {
	double factor, maxtime; /* seconds; 0: without end */
};

static const char *time_text(struct scope *scope, double seconds)
{
	char buffer[TIMESPAN_TEXT_MAX];

	if (seconds < 0 || seconds >= 100 * YEAR)
		return "\"infinity\"";
	return arena_format(scope->ini->arena, "\"%s\"",
			    timespan_format((usec_t)MAX(seconds, 1) * USEC_PER_SEC, buffer));
}

/* False: it is not there, or cannot be read, which is noted. */
static bool read_seconds(struct scope *scope, const char *name, double *ret,
			 struct import_note **notes)
{
	const char *value = scope_get(scope, name);

	if (!value || !*value)
		return false;
	if (duration_parse(value, ret))
		return true;
	import_note(scope->ini->arena, notes, "%s = %s is not understood: the default is taken",
		    name, value);
	return false;
}

static void read_time(struct scope *scope, const char *name, double max, struct import_value *value,
		      struct import_note **notes)
{
	double seconds;

	if (!read_seconds(scope, name, &seconds, notes))
		return;
	if (isfinite(max)) /* only a ban can be for good */
		seconds = MAX(seconds, 1);
	if (seconds > max)
		import_note(scope->ini->arena, notes, "%s is cut to %s", name,
			    time_text(scope, max));
	*value = (struct import_value){ time_text(scope, MIN(seconds, max)),
					scope_find(scope, name) };
}

/* "1 2 4 8": each as many times the one before, and the first is 1. */
static bool read_multipliers(const char *text, double bantime, struct growth *ret)
{
	double first = 0, last = 0, ratio = 0;
	bool power = true;
	struct span word;

	while (option_word(&text, &word)) {
		double number = strtod(word.data, NULL);

		if (first > 0 && number > 0 && ratio <= 0)
			ratio = number / last;
		else if (first > 0)
			power &= fabs(number - last * ratio) < 0.01 * number;
		else
			first = number;
		last = number;
	}
	ret->maxtime = bantime > 0 ? bantime * last : 0;
	if (ratio >= 1 && ratio <= 100)
		ret->factor = ratio;
	return power && ratio >= 1 && fabs(first - 1) < 0.01;
}

/* e to the power of 0 to 10, without libm. */
static double power_of_e(double x)
{
	double sum = 1, term = 1;

	for (int i = 1; i < 60; i++) {
		term *= x / i;
		sum += term;
	}
	return sum;
}

/* The formula's own words, without blanks; true: a power of `ret`. */
static bool read_formula(const char *formula, double factor, double *ret)
{
	char bare[256];
	size_t n = 0;

	for (; *formula && n < sizeof(bare) - 1; formula++)
		if (!strchr(" \t\n", *formula))
			bare[n++] = *formula;
	bare[n] = '\0';
	if (strcmp(bare, "ban.Time*(1<<(ban.Countifban.Count<20else20))*banFactor") == 0)
		return fabs(factor - 1) < 0.01;
	if (strcmp(bare, "ban.Time*math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)") ==
	    0)
		*ret = power_of_e(factor);
	else if (sscanf(bare, "ban.Time*%lf**ban.Count", ret) != 1 &&
		 sscanf(bare, "ban.Time*(%lf**ban.Count)", ret) != 1)
		return false;
	return *ret >= 1 && *ret <= 100;
}

static void note_growth(struct scope *scope, struct import_note **notes)
{
	struct arena *arena = scope->ini->arena;

	if (scope_get(scope, "bantime.rndtime"))
		import_note(arena, notes, "bantime.rndtime: banish adds no random time");
}

static struct growth read_growth(struct scope *scope, struct import_note **notes)
{
	struct arena *arena = scope->ini->arena;
	struct growth growth = { .factor = 2 };
	double factor = 1, bantime = 600, maxtime;
	const char *multipliers, *formula, *text = scope_get(scope, "bantime.factor");
	bool fits;

	if (text && *text)
		factor = strtod(text, NULL);
	(void)read_seconds(scope, "bantime", &bantime, notes);
	multipliers = scope_get(scope, "bantime.multipliers");
	if (multipliers && *multipliers) {
		fits = read_multipliers(multipliers, bantime, &growth) && fabs(factor - 1) < 0.01;
	} else {
		formula = scope_get(scope, "bantime.formula");
		fits = formula && *formula ? read_formula(formula, factor, &growth.factor)
					   : fabs(factor - 1) < 0.01;
	}
	if (!(growth.factor >= 1 && growth.factor <= 100))
		growth.factor = 2;
	if (!fits)
		import_note(arena, notes,
			    "its bans do not grow by powers of one number: each is %.3g times the "
			    "one before now",
			    growth.factor);
	if (read_seconds(scope, "bantime.maxtime", &maxtime, notes) && maxtime > 0)
		growth.maxtime = growth.maxtime > 0 ? MIN(growth.maxtime, maxtime) : maxtime;
	note_growth(scope, notes);
	return growth;
}

static void read_increment(struct scope *scope, struct import_value *value,
			   struct import_note **notes)
{
	struct growth growth;

	*value = (struct import_value){ "{ \"factor\": 1 }",
					scope_find(scope, "bantime.increment") };
	if (!option_is_true(scope_get(scope, "bantime.increment")))
		return;
	growth = read_growth(scope, notes);
	/* without a limit, as in fail2ban */
	if (!(growth.maxtime > 0 && growth.maxtime < 100 * YEAR))
		growth.maxtime = 99 * YEAR;
	value->text = arena_format(scope->ini->arena, "{ \"factor\": %.3g, \"maxtime\": %s%s }",
				   growth.factor, time_text(scope, growth.maxtime),
				   option_is_true(scope_get(scope, "bantime.overalljails"))
					   ? ", \"overall\": true"
					   : "");
}

void settings_read(struct scope *scope, struct import_value values[static N_KEYS],
		   struct import_note **notes)
{
	const char *maxretry = scope_get(scope, "maxretry");
	long n = maxretry ? strtol(maxretry, NULL, 10) : 0;

	if (n > 1000)
		import_note(scope->ini->arena, notes, "maxretry is cut to 1000");
	if (n >= 1)
		values[KEY_MAXRETRY] = (struct import_value){ arena_format(scope->ini->arena, "%ld",
									   MIN(n, 1000L)),
							      scope_find(scope, "maxretry") };
	read_time(scope, "findtime", 52 * 7 * 24 * 3600.0, &values[KEY_FINDTIME], notes);
	read_time(scope, "bantime", INFINITY, &values[KEY_BANTIME], notes);
	read_increment(scope, &values[KEY_INCREMENT], notes);
}

/* Of /etc/services, beside those that banish knows. */
static const struct {
	const char *name, *number;
} services[] = {
	{ "ftp-data", "20" }, { "ftps-data", "989" }, { "imap2", "143" },     { "ssmtp", "465" },
	{ "socks", "1080" },  { "webcache", "8080" }, { "urd", "465" },       { "pop-3", "110" },
	{ "www", "80" },      { "mail", "25" },       { "nameserver", "53" },
};

static void read_ports(struct scope *scope, const char *text, struct import_jail *jail)
{
	struct span word;

	while (option_word(&text, &word)) {
		char port[32];
		char *colon;

		(void)snprintf(port, sizeof(port), "%.*s", (int)MIN(word.size, 31), word.data);
		colon = strchr(port, ':');
		if (colon)
			*colon = '-';
		for (size_t i = 0; i < ARRAY_SIZE(services); i++)
			if (strcasecmp(port, services[i].name) == 0)
				strcpy(port, services[i].number);
		if (strcmp(port, "0-65535") == 0 || strcmp(port, "1-65535") == 0 ||
		    strcmp(port, "0-") == 0)
			strcpy(port, "all");
		if (ports_add(&jail->ports, span_of(port)) < 0)
			import_note(scope->ini->arena, &jail->notes,
				    "port %s is not known: give its number", port);
	}
}

/* Actions that close ports. */
static const char *const firewalls[] = { "iptables",  "nftables", "firewallcmd", "ufw",
					 "shorewall", "pf",       "ipfw",        "bsd-ipfw",
					 "route",     "ipfilter", "npf",         "osx-",
					 "hostsdeny" };

static bool is_firewall(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(firewalls); i++)
		if (strncmp(name, firewalls[i], strlen(firewalls[i])) == 0)
			return true;
	return false;
}

static const char *given_value(const struct given *given, const char *name)
{
	const struct ini_option *option = ini_option(given->options, name);

	return option ? option->value : NULL;
}

/* What it does with a packet: as given, or as its file says. */
static const char *read_blocktype(struct import *import, const struct given *given)
{
	const char *value = given_value(given, "blocktype"), *found;
	struct arena scratch = { 0 };
	struct ini ini = { .arena = &scratch };
	struct scope scope = { .ini = &ini, .section = "Init" };

	if (value)
		return value;
	if (!ini_read(&ini, &import->files, arena_format(&scratch, "action.d/%s", given->name))) {
		arena_done(&scratch);
		return "";
	}
	found = scope_get(&scope, "blocktype");
	scope.section = "Definition";
	found = found ?: scope_get(&scope, "blocktype") ?: "";
	value = arena_copy(&import->arena, span_of(found));
	arena_done(&scratch);
	return value;
}

static bool has_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(text, *words))
			return true;
	return false;
}

/* False: it lets in. */
static bool take_firewall(struct import *import, struct scope *scope, const struct given *given,
			  const char *port, struct import_jail *jail)
{
	static const char *const lets_in[] = { "RETURN", "ACCEPT", NULL };
	static const char *const drops[] = { "drop", "deny", "blackhole", "ban", NULL };
	const char *type = given_value(given, "type") ?: "";
	const char *block = read_blocktype(import, given);

	if (has_any(block, lets_in)) {
		jail->reason = "its action lets its hosts in instead of keeping them out";
		return false;
	}
	if (strstr(given->name, "allports") || strcmp(type, "allports") == 0 ||
	    strncmp(given->name, "route", 5) == 0 || strcmp(given->name, "hostsdeny") == 0)
		port = "all";
	read_ports(scope, given_value(given, "port") ?: port, jail);
	jail->values[KEY_ACTION] =
		(struct import_value){ has_any(block, drops) || !*block ? "\"drop\"" : "\"reject\"",
				       scope_find(scope, "banaction") };
	return true;
}

bool settings_read_action(struct import *import, struct scope *scope, struct import_jail *jail)
{
	const char *port = scope_get(scope, "port") ?: "all", *at = scope_get(scope, "action");
	bool closes = false;
	struct given given;

	jail->port = scope_find(scope, "port");
	if (!at) {
		jail->reason = scope->error ?: "it has no action";
		return false;
	}
	while (option_next(&import->arena, &at, &given)) {
		if (!is_firewall(given.name)) {
			import_note(&import->arena, &jail->notes,
				    "its action %s is not taken: watch banish's journal entries "
				    "instead",
				    given.name);
			continue;
		}
		if (!take_firewall(import, scope, &given, port, jail))
			return false;
		closes = true;
	}
	if (!closes)
		jail->reason = "none of its actions closes ports here";
	return closes;
}

static void add_ignored(struct import *import, struct span word, struct text *list)
{
	const char *text;
	char error[IGNORE_ERROR_SIZE], buffer[PREFIX_TEXT_MAX];
	struct ignore_entry entry;
	struct prefix prefix;

	if (word.size > 5 && memcmp(word.data, "file:", 5) == 0)
		word = (struct span){ word.data + 5, word.size - 5 };
	text = arena_copy(&import->arena, word);
	/* fail2ban takes "127.0.0.1/8", whose host bits are set */
	if (prefix_parse(span_of(text), &prefix) == -ERANGE)
		text = arena_copy(&import->arena, span_of(prefix_format(&prefix, buffer)));
	if (ignore_parse_entry(span_of(text), &entry, error) < 0) {
		import_note(&import->arena, &import->notes, "ignoreip: %s is left out: %s", text,
			    error);
		return;
	}
	text_add(list, list->n > 0 ? ", " : "");
	text_quote(list, span_of(text));
}

void settings_read_ignoreip(struct import *import, struct scope *scope, struct text *list)
{
	const char *at = scope_get(scope, "ignoreip") ?: "";
	struct span word;

	while (option_word(&at, &word)) {
		if (word.data[0] == '#') {
			at = word.data + strcspn(word.data, "\n");
			continue;
		}
		if (!list->data || !strstr(text_end(list), arena_format(&import->arena, "\"%.*s\"",
									(int)word.size, word.data)))
			add_ignored(import, word, list);
	}
}
