/*
 * A set of ports as an array of ranges, sorted and never touching: first <= last < next first - 1.
 * An empty set is all zero bytes. The names are a table of our own: /etc/services is a file,
 * differs between machines, and a rule file must mean the same on all of them.
 */

#include "base/ports.h"

#include "base/array.h"
#include "base/buffer.h"
#include "base/suggest.h"
#include "base/types.h"

#include <errno.h>

#define PORT_MAX UINT16_MAX

static const struct {
	const char *name;
	uint16_t port;
} names[] = {
	{ "domain", 53 },  { "ftp", 21 },           { "ftps", 990 },
	{ "http", 80 },    { "http-alt", 8080 },    { "https", 443 },
	{ "imap", 143 },   { "imaps", 993 },        { "irc", 6667 },
	{ "ircs", 6697 },  { "ldap", 389 },         { "ldaps", 636 },
	{ "lmtp", 24 },    { "managesieve", 4190 }, { "mqtt", 1883 },
	{ "mysql", 3306 }, { "nntp", 119 },         { "nntps", 563 },
	{ "pop3", 110 },   { "pop3s", 995 },        { "postgresql", 5432 },
	{ "rsync", 873 },  { "sieve", 4190 },       { "sip", 5060 },
	{ "sips", 5061 },  { "smtp", 25 },          { "smtps", 465 },
	{ "ssh", 22 },     { "submission", 587 },   { "submissions", 465 },
	{ "telnet", 23 },  { "xmpp-client", 5222 }, { "xmpp-server", 5269 },
};

/* Swallows the ranges that the new one touches, and stands in their place. */
static int add_range(struct ports *ports, struct port_range range)
{
	struct port_range *ranges;
	size_t begin = 0, end;

	if (ports->all)
		return 0;
	if (!array_grow(ports->ranges, ports->n_ranges))
		return -ENOMEM;
	ranges = ports->ranges;
	while (begin < ports->n_ranges && ranges[begin].last + 1 < range.first)
		begin++;
	for (end = begin; end < ports->n_ranges && ranges[end].first <= range.last + 1; end++) {
		range.first = MIN(range.first, ranges[end].first);
		range.last = MAX(range.last, ranges[end].last);
	}
	memmove(ranges + begin + 1, ranges + end, (ports->n_ranges - end) * sizeof(*ranges));
	ranges[begin] = range;
	ports->n_ranges = ports->n_ranges + 1 - (end - begin);
	return 0;
}

int ports_add(struct ports *ports, struct span text)
{
	const char *dash = text.size > 0 ? memchr(text.data, '-', text.size) : NULL;
	size_t size = dash ? (size_t)(dash - text.data) : text.size;
	struct port_range range;
	int r;

	if (span_equal(text, SPAN_LITERAL("all"))) {
		ports_done(ports);
		ports->all = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (span_equal(text, span_of(names[i].name)))
			return ports_add_number(ports, names[i].port);
	r = number_parse((struct span){ text.data, size }, PORT_MAX, &range.first);
	if (r < 0)
		return r;
	range.last = range.first;
	if (dash) {
		r = number_parse((struct span){ dash + 1, text.size - size - 1 }, PORT_MAX,
				 &range.last);
		if (r < 0)
			return r;
	}
	if (range.first == 0 || range.last < range.first)
		return -EINVAL;
	return add_range(ports, range);
}

int ports_add_number(struct ports *ports, uint64_t number)
{
	if (number == 0 || number > PORT_MAX)
		return -EINVAL;
	return add_range(ports, (struct port_range){ (uint16_t)number, (uint16_t)number });
}

bool ports_has(const struct ports *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->n_ranges; i++)
		if (port >= ports->ranges[i].first && port <= ports->ranges[i].last)
			return true;
	return ports->all;
}

void ports_write(const struct ports *ports, struct buffer *text)
{
	if (ports->all) {
		buffer_print(text, "\"all\"");
		return;
	}
	buffer_print(text, "[");
	for (size_t i = 0; i < ports->n_ranges; i++) {
		const struct port_range *range = &ports->ranges[i];

		buffer_print(text, "%s", i == 0 ? "" : ", ");
		if (range->first == range->last)
			buffer_print(text, "%u", range->first);
		else
			buffer_print(text, "\"%u-%u\"", range->first, range->last);
	}
	buffer_print(text, "]");
}

const char *ports_suggest(struct span text)
{
	struct suggestion suggestion = { .word = text };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		suggestion_try(&suggestion, names[i].name);
	return suggestion.best;
}

int ports_copy(const struct ports *ports, struct ports *ret)
{
	struct ports copy = { .n_ranges = ports->n_ranges, .all = ports->all };

	if (ports->n_ranges > 0) {
		copy.ranges = malloc(ports->n_ranges * sizeof(*copy.ranges));
		if (!copy.ranges)
			return -ENOMEM;
		memcpy(copy.ranges, ports->ranges, ports->n_ranges * sizeof(*copy.ranges));
	}
	*ret = copy;
	return 0;
}

void ports_done(struct ports *ports)
{
	free(ports->ranges);
	*ports = (struct ports){ 0 };
}
