#include "config/draft.h"

#include "base/array.h"
#include "base/buffer.h"
#include "config/rule.h"

#include <errno.h>
#include <stdio.h>

static const char name_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
static const char unit_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-@:";

void draft_done(struct draft *draft)
{
	for (size_t i = 0; i < draft->n_jails; i++)
		ports_done(&draft->jails[i].ports);
	free(draft->jails);
	*draft = (struct draft){ 0 };
}

const char *draft_refuses(const struct rule *rule)
{
	/* the addresses in the first one's lines are those that a proxy in front was told; the
	 * second counts nothing until its service notes what it does not by default */
	if (strcmp(rule->name, "mox-web") == 0 || strcmp(rule->name, "haproxy") == 0)
		return "read the comment in its file first";
	for (size_t i = 0; i < rule->n_events; i++)
		if (rule->events[i].outcome == OUTCOME_FAILURE &&
		    rule->events[i].mode == MODE_NORMAL)
			return NULL;
	return "it counts in mode aggressive only: add it by hand if you want that";
}

static bool draft_has_name(const struct draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->n_jails; i++)
		if (strcmp(draft->jails[i].name, name) == 0)
			return true;
	return false;
}

/* As near to `wanted` as names of jails allow, and no other jail's. */
static void choose_name(const struct draft *draft, const struct policy *taken, const char *wanted,
			char name[static NAME_SIZE])
{
	size_t n = 0;

	for (; n < NAME_SIZE - 1 && wanted[n]; n++) {
		bool upper = wanted[n] >= 'A' && wanted[n] <= 'Z';

		name[n] = (char)(upper ? wanted[n] + ('a' - 'A') : wanted[n]);
		if (name[n] == '.')
			name[n] = '-';
	}
	name[n] = '\0';
	for (unsigned i = 2;
	     draft_has_name(draft, name) || (taken && policy_find_jail(taken, name)); i++) {
		char number[16];
		size_t size = (size_t)snprintf(number, sizeof(number), "-%u", i);

		strcpy(name + MIN(n, NAME_SIZE - 1 - size), number);
	}
}

static int draft_append(struct draft *draft, const struct policy *taken, const char *rule,
			const char *name, const struct draft_jail *jail)
{
	struct draft_jail *added;

	if (!array_grow(draft->jails, draft->n_jails))
		return -ENOMEM;
	added = &draft->jails[draft->n_jails];
	*added = *jail;
	choose_name(draft, taken, name, added->name);
	snprintf(added->rule, sizeof(added->rule), "%s", rule);
	draft->n_jails++;
	return 1;
}

int draft_add(struct draft *draft, const struct policy *taken, const char *rule,
	      const struct ports *ports)
{
	struct draft_jail jail = { 0 };
	int r = ports ? ports_copy(ports, &jail.ports) : 0;

	if (r >= 0)
		r = draft_append(draft, taken, rule, rule, &jail);
	if (r < 0)
		ports_done(&jail.ports);
	return r;
}

static bool draft_is_plain(struct span text, const char *characters, size_t max)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] == '\0' || !strchr(characters, text.data[i]))
			return false;
	return text.size > 0 && text.size < max;
}

static bool span_begins(struct span text, const char *beginning)
{
	size_t size = strlen(beginning);

	return text.size >= size && memcmp(text.data, beginning, size) == 0;
}

/* Whose word the entry is: docker's daemon, or podman's conmon, which are root's and no part of the
 * container. Fills unit and cgroup. NULL: it is one of these, else why not. */
static const char *find_writer(const struct draft_container *container, struct draft_jail *jail)
{
	char runtime[sizeof(jail->cgroup)];

	if (!draft_is_plain(container->unit, unit_characters, DRAFT_UNIT_SIZE))
		return "no unit writes for it";
	snprintf(jail->unit, sizeof(jail->unit), "%.*s", (int)container->unit.size,
		 container->unit.data);
	if (strncmp(jail->unit, "user@", 5) == 0)
		return "all that its user runs can write such lines: see \"rootless\" in "
		       "banish-containers(7)";
	if (!span_equal(container->uid, SPAN_LITERAL("0")))
		return "not root writes for it";
	if (strcmp(jail->unit, "docker.service") == 0)
		return NULL;
	if (span_begins(container->unit, "libpod-conmon-")) {
		strcpy(jail->unit, "libpod-conmon-*");
		return NULL;
	}
	snprintf(runtime, sizeof(runtime), "/system.slice/%s/runtime", jail->unit);
	if (!span_equal(container->cgroup, span_of(runtime)))
		return "its unit is none that banish knows: see banish-containers(7)";
	strcpy(jail->cgroup, runtime);
	return NULL;
}

int draft_add_container(struct draft *draft, const struct policy *taken, const char *rule,
			const struct draft_container *container, const char **reterr)
{
	struct draft_jail jail = { 0 };
	char name[NAME_SIZE + DRAFT_CONTAINER_SIZE];
	const char *error = NULL;

	if (!draft_is_plain(span_of(container->name), name_characters, DRAFT_CONTAINER_SIZE))
		error = "no engine gives a container such a name";
	if (!error)
		error = find_writer(container, &jail);
	if (error) {
		*reterr = error;
		return 0;
	}
	strcpy(jail.container, container->name);
	snprintf(name, sizeof(name), "%s-%s", rule, container->name);
	return draft_append(draft, taken, rule, name, &jail);
}

static void draft_put_unit(struct buffer *text, const char *unit)
{
	size_t size = strcspn(unit, "*");

	if (unit[size])
		buffer_print(text, "{ \"prefix\": \"%.*s\" }", (int)size, unit);
	else
		buffer_print(text, "\"%s\"", unit);
}

/* The members of a jail of the host, whose rule reads what it should. */
static void draft_put_members(struct buffer *text, const struct draft_jail *jail)
{
	bool own_name = strcmp(jail->name, jail->rule) == 0, own_ports = jail->ports.n_ranges > 0;

	if (!own_name)
		buffer_print(text, " \"rule\": \"%s\"%s", jail->rule, own_ports ? "," : " ");
	if (own_ports) {
		buffer_print(text, " \"ports\": ");
		ports_write(&jail->ports, text);
		buffer_print(text, " ");
	}
}

/* Names are plain: nothing in them has to be escaped. */
static void draft_put_jail(struct buffer *text, const struct draft_jail *jail)
{
	if (!*jail->container) {
		buffer_print(text, "    \"%s\": {", jail->name);
		draft_put_members(text, jail);
		buffer_print(text, "}");
		return;
	}
	/* Dovecot may put a time of its own before its lines */
	buffer_print(text, "    \"%s\": {\n      \"rule\": \"%s\", \"strip\": %s,\n", jail->name,
		     jail->rule,
		     strcmp(jail->rule, "dovecot") == 0 ? "[ \"syslog\", \"dovecot\" ]"
							: "\"syslog\"");
	buffer_print(text, "      \"journal\": [ { \"_SYSTEMD_UNIT\": ");
	draft_put_unit(text, jail->unit);
	if (*jail->cgroup)
		buffer_print(text, ", \"_SYSTEMD_CGROUP\": \"%s\"", jail->cgroup);
	buffer_print(text, ", \"CONTAINER_NAME\": \"%s\" } ]\n    }", jail->container);
}

static void draft_put_jails(struct buffer *text, const struct draft *draft)
{
	for (size_t i = 0; i < draft->n_jails; i++) {
		draft_put_jail(text, &draft->jails[i]);
		buffer_print(text, "%s\n", i + 1 < draft->n_jails ? "," : "");
	}
}

char *draft_write_jails(const struct draft *draft)
{
	struct buffer text = { 0 };

	draft_put_jails(&text, draft);
	return buffer_take(&text);
}

char *draft_write(const struct draft *draft, const char *ignore)
{
	struct buffer text = { 0 };

	buffer_print(
		&text,
		"// Written by \"banish setup\". banish.json(5) explains every key. After a change:\n"
		"//   banish check && systemctl reload banish\n"
		"{\n"
		"  // Never counted, never banned: put your own networks here, such as \"192.0.2.0/24\".\n"
		"  \"ignoreip\": [%s%s%s],\n\n",
		ignore ? " \"" : "", ignore ?: "", ignore ? "\" " : "");
	buffer_print(
		&text,
		"  // Five failures within 10 minutes ban for 1 hour, the next time for 2, for 4, and so on. A\n"
		"  // jail may say otherwise: \"sshd\": { \"maxretry\": 10, \"ports\": [ \"ssh\", 2222 ] }\n"
		"  \"jails\": {\n");
	draft_put_jails(&text, draft);
	buffer_print(&text, "  }\n}\n");
	return buffer_take(&text);
}
