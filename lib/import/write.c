#include "import/write.h"

#include "base/buffer.h"

/* Nothing of it may end the comment. */
static void write_comment(struct text *text, const char *comment)
{
	for (; *comment; comment++)
		text_format(text, "%c", *comment < ' ' || *comment > '~' ? '?' : *comment);
	text_add(text, "\n");
}

static void write_source(struct text *text, const struct ini_option *from)
{
	if (from && from->file)
		text_format(text, " /* %s:%u */", from->file, from->line);
	else
		text_add(text, " /* fail2ban's default */");
}

static void write_event(struct text *text, const struct import_event *event)
{
	/* one teller: of fail2ban's patterns each that matches counts, and they add up */
	static const char *const outcomes[] = { "\"told_by\": \"fail2ban\", ",
						"\"outcome\": \"success\", ",
						"\"outcome\": \"note\", " };

	text_add(text, "    // ");
	write_comment(text, event->source);
	text_format(text, "    { \"name\": \"%s\", %s\"pattern\": ", event->name,
		    outcomes[event->outcome]);
	text_quote(text, span_of(event->pattern));
	text_add(text, " }");
}

static void write_example(struct text *text, const struct import_event *event)
{
	text_add(text, event->observed ? "    // from the journal\n"
				       : "    // made off the pattern: put a real line here\n");
	text_add(text, "    { \"message\": ");
	text_quote(text, span_of(event->message));
	text_format(text, ", \"event\": \"%s\"", event->name);
	if (event->message_address)
		text_format(text, ", \"address\": \"%s\"", event->message_address);
	if (event->message_user) {
		text_add(text, ", \"user\": ");
		text_quote(text, span_of(event->message_user));
	}
	text_add(text, " }");
}

void write_rule(struct text *text, const struct import_jail *jail, bool proved)
{
	const char *comma = "";

	text_add(text, "// Made by \"banish import fail2ban\". See banish.rules(5)\n{\n");
	text_format(text, "  \"name\": \"%s\",\n  \"description\": ", jail->rule);
	text_quote(text, span_of(arena_format(text->arena, "fail2ban's jail %s, filter %s",
					      jail->name, jail->filter)));
	text_format(text, ",\n  \"journal\": [ %s ],\n  \"events\": [", jail->journal);
	for (const struct import_event *event = jail->events; event; event = event->next) {
		if (event->dropped)
			continue;
		text_format(text, "%s\n", comma);
		write_event(text, event);
		comma = ",";
	}
	text_add(text, "\n  ],\n  \"examples\": [");
	comma = "";
	for (const struct import_event *event = jail->events; proved && event;
	     event = event->next) {
		if (event->dropped || !event->message)
			continue;
		text_format(text, "%s\n", comma);
		write_example(text, event);
		comma = ",";
	}
	text_add(text, "\n  ]\n}\n");
}

/* The values that are there and not as in `other`. `comma`: before the first; the next one. */
static const char *write_values(struct text *text, const struct import_value values[static N_KEYS],
				const struct import_value *other, const char *indent,
				const char *comma)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		const char *value = values[i].text;

		if (!value || (other && other[i].text && strcmp(value, other[i].text) == 0))
			continue;
		text_format(text, "%s\n%s\"%s\": %s", comma, indent, import_keys[i], value);
		write_source(text, values[i].from);
		comma = ",";
	}
	return comma;
}

static void write_ports(struct text *text, const struct ports *ports)
{
	struct buffer buffer = { 0 };
	cleanup(freep) char *list = NULL;

	ports_write(ports, &buffer);
	list = buffer_take(&buffer);
	if (list)
		text_add(text, list);
	else
		text->arena->failed = true;
}

static void write_jail(struct text *text, const struct import *import,
		       const struct import_jail *jail)
{
	bool own_name = strcmp(jail->as, jail->rule) == 0;
	const char *comma;

	text_add(text, "    // ");
	write_comment(text, arena_format(text->arena, "[%s], filter %s%s", jail->name, jail->filter,
					 jail->fate == IMPORT_MAPPED ? ": the shipped rule" : ""));
	for (const struct import_jail *other = import->jails; other; other = other->next)
		if (other->fate == IMPORT_JOINED && strcmp(other->rule, jail->as) == 0)
			write_comment(text, arena_format(text->arena, "    // and [%s], filter %s",
							 other->name, other->filter));
	text_format(text, "    \"%s\": {", jail->as);
	if (!own_name)
		text_format(text, "\n      \"rule\": \"%s\"", jail->rule);
	comma = write_values(text, jail->values, import->defaults, "      ", own_name ? "" : ",");
	if (jail->ports.all || jail->ports.n_ranges > 0) {
		text_format(text, "%s\n      \"ports\": ", comma);
		write_ports(text, &jail->ports);
		write_source(text, jail->port);
	}
	text_add(text, "\n    }");
}

void write_policy(struct text *text, const struct import *import)
{
	const char *comma = "";

	text_add(text, "// Made by \"banish import fail2ban\" from ");
	write_comment(text, import->files.folder);
	text_format(text,
		    "// Behind each value: where fail2ban has it from. See "
		    "banish.json(5)\n{\n  \"ignoreip\": [%s]",
		    import->ignoreip);
	write_source(text, import->ignoreip_from);
	text_format(text, ",\n  \"ignoreself\": %s,\n  \"defaults\": {",
		    import->ignoreself ? "true" : "false");
	(void)write_values(text, import->defaults, NULL, "    ", "");
	text_add(text, "\n  },\n  \"jails\": {");
	for (const struct import_jail *jail = import->jails; jail; jail = jail->next) {
		if (jail->fate != IMPORT_MAPPED && jail->fate != IMPORT_TRANSLATED)
			continue;
		text_format(text, "%s\n", comma);
		write_jail(text, import, jail);
		comma = ",";
	}
	text_add(text, "\n  }\n}\n");
}
