#include "lint/skeleton.h"

#include "base/address.h"
#include "base/buffer.h"
#include "base/utf8.h"
#include "entry/json-line.h"
#include "entry/logfmt.h"
#include "lint/hostile.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#define VICTIM "203.0.113.9"

/* "user=" and so on: what a name may stand behind, the surest first. */
static const char *const user_marks[] = { "username=", "user=",      "login=",  "account=",
					  "name=",     "username: ", "user: ",  "username ",
					  "user ",     "account ",   "login: ", "for ",
					  "login ",    "\"",         "'",       NULL };
/* Words of the server that may stand there, too. */
static const char *const no_names[] = { "failed",  "failure", "unknown", "invalid", "from", "user",
					"attempt", "not",     "is",      "has",     NULL };
/* A server's own address stands behind these. */
static const char *const local_marks[] = { "lip=", "laddr=", "local=", "to ", "on ", NULL };
static const char *const user_keys[] = { "user", "login", "account", "name", NULL };
static const char *const what_keys[] = { "msg", "message", "m", "event", "reason", "error", NULL };

struct guess {
	struct span message, address, user; /* in the message, or in values; data NULL: none */
	struct pairs pairs;
	bool has_pairs, json;
	size_t start; /* where the keys begin */
};

/* As the inside of a JSON text. */
static void text_put_json(struct buffer *text, struct span bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		unsigned char c = (unsigned char)bytes.data[i];

		if (c == '"' || c == '\\')
			buffer_print(text, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			buffer_print(text, "\\u%04x", c);
		else
			buffer_put(text, &bytes.data[i], 1);
	}
}

static bool skeleton_takes(struct span bytes)
{
	for (size_t i = 0; i < bytes.size;) {
		size_t n = utf8_length(bytes.data + i, bytes.size - i);

		if (n == 0 || bytes.data[i] == '\0')
			return false;
		i += n;
	}
	return bytes.size > 0 && bytes.size <= SKELETON_MESSAGE_MAX;
}

static bool is_address_byte(char c)
{
	return isxdigit((unsigned char)c) || c == '.' || c == ':';
}

static bool behind_mark(struct span text, const char *end)
{
	size_t n = strlen(end);

	return text.size >= n && strncasecmp(text.data + text.size - n, end, n) == 0;
}

/* The address that begins at `i`, perhaps with a port; 0 bytes: none does. */
static size_t address_at(struct span text, size_t i)
{
	struct address address;
	size_t end = i;

	if (i > 0 &&
	    (is_address_byte(text.data[i - 1]) || isalnum((unsigned char)text.data[i - 1])))
		return 0;
	while (end < text.size && is_address_byte(text.data[end]))
		end++;
	while (end > i && (text.data[end - 1] == '.' || text.data[end - 1] == ':'))
		end--;
	if (end < i + 3 ||
	    address_parse_endpoint((struct span){ text.data + i, end - i }, &address) < 0)
		return 0;
	return end - i;
}

/* The first that is not the server's own. */
static struct span skeleton_address(struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		size_t n = address_at(text, i);
		bool local = false;

		for (const char *const *mark = local_marks; n > 0 && *mark; mark++) {
			struct span before = { text.data, i };

			before.size -= i > 0 && text.data[i - 1] == '[';
			local |= behind_mark(before, *mark);
		}
		if (n > 0 && !local)
			return (struct span){ text.data + i, n };
		i += n;
	}
	return (struct span){ 0 };
}

/* What stands behind a mark, in quotes or as a word. */
static struct span name_at(struct span text, size_t i)
{
	static const char openers[] = "\"'<", closers[] = "\"'>";
	const char *opener =
		i < text.size ? memchr(openers, text.data[i], sizeof(openers) - 1) : NULL;
	size_t end = i;

	if (opener) {
		const char *start = text.data + i + 1;
		const char *close = memchr(start, closers[opener - openers], text.size - i - 1);

		return close ? (struct span){ start, (size_t)(close - start) } : (struct span){ 0 };
	}
	while (end < text.size && !strchr(" \t,()[]{}", text.data[end]))
		end++;
	while (end > i && strchr(".:;", text.data[end - 1]))
		end--;
	return (struct span){ text.data + i, end - i };
}

static bool may_be_name(struct span name, struct span address)
{
	for (const char *const *word = no_names; *word; word++)
		if (name.size == strlen(*word) && strncasecmp(name.data, *word, name.size) == 0)
			return false;
	return name.size > 0 &&
	       (name.data + name.size <= address.data || name.data >= address.data + address.size);
}

static struct span skeleton_name(struct span text, struct span address)
{
	for (const char *const *mark = user_marks; *mark; mark++) {
		bool quote = !(*mark)[1];

		for (size_t i = 1; i < text.size; i++) {
			size_t start = i - MIN(strlen(*mark), i);
			struct span name;

			if (!behind_mark((struct span){ text.data, i }, *mark) ||
			    (!quote && start > 0 && isalnum((unsigned char)text.data[start - 1])))
				continue;
			name = name_at(text, quote ? start : i);
			if (may_be_name(name, address))
				return name;
		}
	}
	return (struct span){ 0 };
}

/* The first pair whose key is one of these or, if that is enough, holds one of them. */
static const struct pair *find_pair(const struct guess *guess, const char *const *names, bool whole,
				    bool address)
{
	struct address ignored;

	for (const char *const *name = names; *name; name++)
		for (size_t i = 0; i < guess->pairs.n; i++) {
			const struct pair *pair = &guess->pairs.list[i];
			bool named = whole ? span_equal(pair->key, span_of(*name))
					   : memmem(pair->key.data, pair->key.size, *name,
						    strlen(*name)) != NULL;

			if (named && pair->parent == 0 && pair->value.size > 0 &&
			    (address_parse_endpoint(pair->value, &ignored) >= 0) == address)
				return pair;
		}
	return NULL;
}

/* A line of keys and values, perhaps behind something else. */
static int read_pairs_of(struct guess *guess)
{
	struct span message = guess->message;
	const char *brace = memchr(message.data, '{', message.size);
	int r = -EINVAL;

	if (brace) {
		guess->start = (size_t)(brace - message.data);
		guess->json = true;
		r = json_line_parse(&guess->pairs,
				    (struct span){ brace, message.size - guess->start });
	}
	if (r == -EINVAL) {
		guess->start = 0;
		guess->json = false;
		r = logfmt_parse(&guess->pairs, message);
	}
	guess->has_pairs = r == 0 && guess->pairs.n >= 3;
	return r == -EINVAL ? 0 : r;
}

/* A byte of a pattern as it stands, in JSON. */
static void put_literal(struct buffer *text, char c)
{
	if (strchr("\\^$.[]|()?*+{}", c))
		buffer_print(text, c == '\\' ? "\\\\\\\\" : "\\\\%c", c);
	else
		text_put_json(text, (struct span){ &c, 1 });
}

/* The text as a pattern: the name and the address as groups, each only once; numbers and other
 * addresses as such. */
static void put_pattern(struct buffer *out, const struct guess *guess, struct span text)
{
	const char *end = text.data + text.size;
	bool named = false;

	for (const char *p = text.data; p < end;) {
		struct span here = { p, (size_t)(end - p) };
		size_t n = address_at(text, (size_t)(p - text.data));
		bool is_name =
			guess->user.size > 0 && here.size >= guess->user.size &&
			memcmp(p, guess->user.data, guess->user.size) == 0 &&
			(p == guess->user.data ||
			 (named && hostile_holds((struct span){ p - 1, guess->user.size + 1 },
						 guess->user)));

		if (is_name) {
			buffer_print(out, named ? "\\\\k<user>" : "(?<user>.*)");
			named = true;
			p += guess->user.size;
		} else if (p == guess->address.data) {
			buffer_print(out, "(?<address>[0-9A-Fa-f:.]+)");
			p += guess->address.size;
		} else if (n > 0) {
			buffer_print(out, "[0-9A-Fa-f:.]+");
			p += n;
		} else if (isdigit((unsigned char)*p)) {
			buffer_print(out, "\\\\d+");
			while (p < end && isdigit((unsigned char)*p))
				p++;
		} else {
			put_literal(out, *p++);
		}
	}
}

static void put_key(struct buffer *text, const char *name, const struct pair *pair)
{
	buffer_print(text, ", \"%s\": \"", name);
	text_put_json(text, pair->key);
	buffer_put(text, "\"", 1);
}

static void put_event(struct buffer *text, const struct guess *guess, const struct pair *address,
		      const struct pair *user)
{
	/* What stands before the keys says it already. */
	const struct pair *what =
		guess->start == 0 ? find_pair(guess, what_keys, true, false) : NULL;

	buffer_print(text, "    { \"name\": \"auth-failed\", ");
	if (!address) {
		buffer_print(text, "\"pattern\": \"^");
		put_pattern(text, guess, guess->message);
		buffer_print(text, "$\" }\n");
		return;
	}
	buffer_print(text, "\"format\": \"%s\"", guess->json ? "json" : "logfmt");
	if (guess->start > 0) {
		buffer_print(text, ", \"prefix\": \"^");
		put_pattern(text, guess, (struct span){ guess->message.data, guess->start });
		buffer_put(text, "\"", 1);
	}
	if (what && what != user) {
		buffer_print(text, ", \"where\": { \"");
		text_put_json(text, what->key);
		buffer_print(text, "\": \"");
		text_put_json(text, what->value);
		buffer_print(text, "\" }");
	} else if (guess->start == 0) {
		buffer_print(text, ", \"where\": { \"what\": \"failed\" }");
	}
	put_key(text, "address", address);
	if (user)
		put_key(text, "user", user);
	buffer_print(text, " }\n");
}

static void put_example(struct buffer *text, const struct guess *guess, struct span message,
			bool with_user)
{
	char shown[ADDRESS_TEXT_MAX];
	struct address address;

	buffer_print(text, "    { \"message\": \"");
	text_put_json(text, message);
	buffer_print(text, "\",\n      \"event\": \"auth-failed\"");
	if (address_parse_endpoint(guess->address, &address) >= 0)
		buffer_print(text, ", \"address\": \"%s\"", address_format(&address, shown));
	if (with_user && guess->user.data) {
		buffer_print(text, ", \"user\": \"");
		text_put_json(text, guess->user);
		buffer_put(text, "\"", 1);
	}
	buffer_print(text, " }");
}

/* The same line with a name that goes on as the line does, up to somebody else's address. */
static int put_hostile_example(struct buffer *text, const struct guess *guess,
			       const struct pair *user)
{
	struct hostile_target target = { .line = guess->message,
					 .name = guess->user,
					 .address = guess->address };
	char name[SKELETON_MESSAGE_MAX + 64];
	cleanup(freep) char *line = NULL;
	const char *user_end = guess->user.data + guess->user.size;
	size_t between = !user && guess->address.data > user_end
				 ? (size_t)(guess->address.data - user_end)
				 : 0;
	size_t size;
	int r;

	(void)snprintf(name, sizeof(name), "x%.*s" VICTIM, (int)(between ?: 1),
		       between ? user_end : " ");
	if (user) {
		target.places[0] = (struct hostile_place){
			.text = user->quoted,
			.value = user->value,
			.quoting = guess->json ? QUOTING_JSON : QUOTING_LOGFMT,
		};
		target.n_places = 1;
	} else {
		hostile_find(&target, guess->message, guess->user);
	}
	r = hostile_line(&target, SIZE_MAX, span_of(name), &line, &size);
	if (r < 0)
		return r;
	buffer_print(text, ",\n    // a client chose this name\n");
	put_example(text, guess, (struct span){ line, size }, false);
	return 0;
}

/* "calsrv" of "calsrv@1.service" */
static void put_name(struct buffer *text, const char *unit)
{
	size_t n = 0;

	for (; unit && unit[n] && !strchr(".@", unit[n]) && n < 32; n++) {
		char c = (char)tolower((unsigned char)unit[n]);

		if (n == 0 && !islower((unsigned char)c))
			break;
		buffer_put(text, islower((unsigned char)c) || isdigit((unsigned char)c) ? &c : "-",
			   1);
	}
	if (n == 0)
		buffer_print(text, "service");
}

static int skeleton_write(struct buffer *text, const struct guess *guess,
			  const struct pair *address, const struct pair *user, const char *unit,
			  const char *identifier)
{
	int r = 0;

	buffer_print(text,
		     "// Guessed from one line by \"banish test --suggest\": look at each part "
		     "before you use it.\n{\n  \"name\": \"");
	put_name(text, unit ?: identifier);
	buffer_print(text, "\",\n%s  \"journal\": [ { \"_SYSTEMD_UNIT\": \"",
		     unit ? "" : "  // see \"journalctl -o json\": which unit has written it?\n");
	if (unit)
		text_put_json(text, span_of(unit));
	else
		buffer_print(text, "SERVICE.service");
	if (identifier) {
		buffer_print(text, "\", \"SYSLOG_IDENTIFIER\": \"");
		text_put_json(text, span_of(identifier));
	}
	buffer_print(text, "\" } ],\n  // which ports does a ban close?\n  \"ports\": \"all\",\n"
			   "  \"events\": [\n");
	put_event(text, guess, address, user);
	buffer_print(text, "  ],\n  \"examples\": [\n");
	put_example(text, guess, guess->message, true);
	if (guess->user.data)
		r = put_hostile_example(text, guess, user);
	else
		buffer_print(text,
			     "\n    // no name was found: add (?<user>...), and an example of a "
			     "hostile one");
	buffer_print(text, "\n  ]\n}\n");
	return r;
}

int skeleton_of(struct span message, const char *unit, const char *identifier, char **ret)
{
	static const char *const any[] = { "", NULL };
	const struct pair *address = NULL, *user = NULL;
	struct guess guess = { .message = message };
	struct buffer text = { 0 };
	int r;

	if (!skeleton_takes(message))
		return 0;
	r = read_pairs_of(&guess);
	address = r == 0 && guess.has_pairs ? find_pair(&guess, any, false, true) : NULL;
	if (address) {
		user = find_pair(&guess, user_keys, false, false);
		guess.address = address->value;
		guess.user = user ? user->value : (struct span){ 0 };
	} else {
		guess.has_pairs = false;
		guess.address = skeleton_address(message);
		if (guess.address.data)
			guess.user = skeleton_name(message, guess.address);
	}
	if (r == 0 && guess.address.data)
		r = skeleton_write(&text, &guess, address, user, unit, identifier) ?: 1;
	pairs_done(&guess.pairs);
	if (r <= 0) {
		free(text.data);
		return r;
	}
	*ret = buffer_take(&text);
	return *ret ? 1 : -ENOMEM;
}
