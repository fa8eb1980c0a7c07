/*
 * prefregex = ^<F-MLFID>conn=\d+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$
 * failregex = ^Failed (?P<how>\w+) for <F-USER>\S+</F-USER> from <HOST>$
 *
 * becomes ^(?<session>conn=\d+) (?:Failed (?:\w+) for (?<user>\S+) from ...)$ in one pattern: what
 * fail2ban matches on the content of the prefix begins where the content does, and its end is what
 * the prefix says about the end.
 */

#include "import/regex.h"

#include "import/envelope.h"

#include <ctype.h>

#define MAX_DEPTH 40
#define MAX_SIZE  (48 << 10) /* bytes: less than a pattern may have */

/* fail2ban's own, server/failregex.py and server/ipdns.py. */
#define IP4 "(?:\\d{1,3}\\.){3}\\d{1,3}"
#define IP6 "(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):)"
#define DNS "[\\w\\-.^_]*\\w"

struct open {
	enum { OPEN_PLAIN, OPEN_SESSION, OPEN_ID } what;
	size_t at;      /* of what is written */
	size_t content; /* behind its opening */
	bool address;   /* there was one before */
	bool tag;
	struct span name; /* of a tag */
};

struct regex_writing {
	struct text out;
	struct regex_told told;
	const char *end; /* what '$' stands for */
	bool in_content; /* '^' is where the content begins */
	bool grouped;    /* the expression stands in a group of its own */
	bool silent;
	unsigned n_groups; /* written */
	struct open open[MAX_DEPTH];
	unsigned depth;
};

static void refuse(struct regex_writing *writing, const char *error)
{
	if (!writing->told.error)
		writing->told.error = error;
}

/* The opening of a group; `told` is banish's name for it, NULL: none. */
static void put_capture(struct regex_writing *writing, const char *told)
{
	if (!told || writing->silent) {
		text_add(&writing->out, "(?:");
		return;
	}
	text_format(&writing->out, "(?<%s>", told);
	writing->n_groups++;
}

static void put_address(struct regex_writing *writing, const char *pattern)
{
	put_capture(writing, "address");
	text_format(&writing->out, "%s)", pattern);
	writing->told.address = true;
}

static void put_host(struct regex_writing *writing)
{
	text_add(&writing->out, "(?:\\[?(?:(?:::f{4,6}:)?");
	put_address(writing, IP4);
	text_add(&writing->out, "|");
	put_address(writing, IP6);
	text_add(&writing->out, ")\\]?)");
}

static void push_group(struct regex_writing *writing, const struct open *open)
{
	if (writing->depth == MAX_DEPTH) {
		refuse(writing, "its groups are nested too deep");
		return;
	}
	writing->open[writing->depth] = *open;
	writing->open[writing->depth++].content = writing->out.n;
}

/* <F-NAME>: a group of its own. */
static void open_tag(struct regex_writing *writing, struct span name)
{
	struct open open = {
		.at = writing->out.n, .tag = true, .name = name, .address = writing->told.address
	};
	const char *told = NULL;

	if (span_equal(name, SPAN_LITERAL("USER")) ||
	    (name.size >= 8 && memcmp(name.data, "ALT_USER", 8) == 0)) {
		told = "user";
		writing->told.user = true;
	} else if (span_equal(name, SPAN_LITERAL("MLFID"))) {
		open.what = OPEN_SESSION;
		told = "session";
		writing->told.session = true;
	} else if (span_equal(name, SPAN_LITERAL("ID"))) {
		open.what = OPEN_ID;
	} else if (span_equal(name, SPAN_LITERAL("NOFAIL"))) {
		writing->told.nofail = true;
	} else if (span_equal(name, SPAN_LITERAL("MLFGAINED"))) {
		writing->told.gained = true;
	}
	put_capture(writing, told);
	push_group(writing, &open);
}

static void close_tag(struct regex_writing *writing, struct span name)
{
	const struct open *open;

	if (writing->depth == 0 || !writing->open[writing->depth - 1].tag ||
	    !span_equal(writing->open[writing->depth - 1].name, name)) {
		refuse(writing, "its tags are not closed one by one");
		return;
	}
	open = &writing->open[--writing->depth];
	text_add(&writing->out, ")");
	if (open->what == OPEN_SESSION && writing->out.n == open->content + 1) {
		writing->out.n = open->at; /* nothing of it is in MESSAGE */
		writing->n_groups -= !writing->silent;
		writing->told.session = false;
		writing->told.dropped = true;
	}
	if (open->what == OPEN_ID && (open->address || !writing->told.address))
		refuse(writing, "<F-ID> makes it ban by something else than an address");
}

static bool put_fixed_tag(struct regex_writing *writing, struct span tag)
{
	static const struct {
		const char *name;
		enum { HOST, NAME, FAMILY, PLAIN, REFUSED } kind;
		const char *text;
	} tags[] = {
		{ "HOST", NAME, "" },
		{ "ADDR", HOST, "" },
		{ "SUBNET", HOST, "(?:/\\d+)?\\]?" },
		{ "IP4", FAMILY, IP4 },
		{ "IP6", FAMILY, IP6 },
		{ "CIDR", PLAIN, "(?:\\d+)" },
		{ "DNS", PLAIN, "(?:[\\w\\-.^_]*\\w)" },
		{ "PORT", PLAIN, "(?:\\w+)" },
		{ "ID", REFUSED, "<F-ID/> makes it ban by something else than an address" },
		{ "SKIPLINES", REFUSED, "it matches several lines at once (<SKIPLINES>)" },
	};
	size_t i = 0;

	if (tag.size > 3 && tag.data[tag.size - 1] == '/') /* <F-IP4/> is <IP4> */
		tag = (struct span){ tag.data + 2, tag.size - 3 };
	while (i < ARRAY_SIZE(tags) && !span_equal(tag, span_of(tags[i].name)))
		i++;
	if (i == ARRAY_SIZE(tags))
		return false;
	if (tags[i].kind == REFUSED)
		refuse(writing, tags[i].text);
	else if (tags[i].kind == FAMILY)
		put_address(writing, tags[i].text);
	else if (tags[i].kind != PLAIN)
		put_host(writing);
	if (tags[i].kind == HOST || tags[i].kind == PLAIN)
		text_add(&writing->out, tags[i].text);
	writing->told.names |= tags[i].kind == NAME || strcmp(tags[i].name, "DNS") == 0;
	return true;
}

/* </?[\w\-]+/?>: 0: what begins here is no tag. */
static size_t read_tag(struct regex_writing *writing, const char *at)
{
	size_t n = 1 + (at[1] == '/');
	struct span tag;

	while (isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == '-')
		n++;
	n += at[n] == '/';
	if (at[n] != '>' || n < 2)
		return 0;
	tag = (struct span){ at + 1, n - 1 };
	if (put_fixed_tag(writing, tag))
		return n + 1;
	for (size_t i = 0; i < tag.size; i++)
		if (islower((unsigned char)tag.data[i]))
			return 0;
	if (tag.size > 2 && memcmp(tag.data, "F-", 2) == 0)
		open_tag(writing, (struct span){ tag.data + 2, tag.size - 2 });
	else if (tag.size > 3 && memcmp(tag.data, "/F-", 3) == 0)
		close_tag(writing, (struct span){ tag.data + 3, tag.size - 3 });
	else
		return 0;
	return n + 1;
}

/* Behind "(": what kind of group begins; how many bytes that takes. */
static size_t put_group(struct regex_writing *writing, const char *at)
{
	static const char *const same[] = { "?:", "?=", "?!", "?<=", "?<!", "?>", NULL };
	struct open open = { .at = writing->out.n };
	size_t n = envelope_skip_any(at, same);

	if (at[0] != '?') {
		put_capture(writing, NULL);
	} else if (n > 0) {
		text_format(&writing->out, "(%.*s", (int)n, at);
	} else if (strncmp(at, "?P<", 3) == 0 && strchr(at, '>')) {
		put_capture(writing, NULL);
		n = (size_t)(strchr(at, '>') - at) + 1;
	} else {
		n = 1 + strspn(at + 1, "ims-");
		if (n == 1 || (at[n] != ')' && at[n] != ':')) {
			refuse(writing, "it has a group that refers to another, or is not "
					"understood");
			return strlen(at);
		}
		text_format(&writing->out, "(%.*s", (int)++n, at);
		if (at[n - 1] == ')')
			return n;
	}
	push_group(writing, &open);
	return n;
}

/* The class at "[". */
static size_t put_class(struct regex_writing *writing, const char *at)
{
	size_t n = 1;

	text_add(&writing->out, "[");
	if (at[n] == '^')
		text_put(&writing->out, (struct span){ at + n++, 1 });
	for (bool first = true; at[n] && (first || at[n] != ']'); first = false, n++) {
		if (at[n] == '[' || (at[n] == ']' && first))
			text_add(&writing->out, "\\");
		text_put(&writing->out, (struct span){ at + n, 1 });
		if (at[n] == '\\' && at[n + 1])
			text_put(&writing->out, (struct span){ at + ++n, 1 });
	}
	if (!at[n]) {
		refuse(writing, "it has a class without an end");
		return n;
	}
	text_add(&writing->out, "]");
	return n + 1;
}

static size_t put_escape(struct regex_writing *writing, const char *at)
{
	if (at[1] == '\0' || strchr("123456789uUNpPQEKRXGCkgohHVn", at[1])) {
		refuse(writing, at[1] == 'n' ? "it matches several lines at once (\\n)"
					     : "it has an escape that is not understood");
		return strlen(at);
	}
	text_put(&writing->out, (struct span){ at, 2 });
	return 2;
}

/* Where an alternative begins that stands in no group: at the line's start, or it is looked for. */
static size_t put_start(struct regex_writing *writing, const char *at)
{
	size_t n = strncmp(at, "(?i)", 4) == 0 ? 4 : 0;

	text_put(&writing->out, (struct span){ at, n });
	if (at[n] == '^')
		return n + 1;
	if (strncmp(at + n, "\\A", 2) == 0)
		return n + 2;
	text_add(&writing->out, ".*?");
	writing->told.searched = true;
	return n;
}

static size_t put_sign(struct regex_writing *writing, const char *at)
{
	switch (*at) {
	case '^':
		if (writing->in_content)
			refuse(writing, "it has ^ in a place behind its prefregex");
		break;
	case '$':
		text_add(&writing->out, writing->end);
		return 1;
	case ')':
		if (writing->depth == 0 || writing->open[writing->depth - 1].tag)
			refuse(writing, "its groups and tags are not closed one by one");
		else
			writing->depth--;
		break;
	case '|':
		if (writing->depth == 0 && !writing->grouped)
			refuse(writing, "its prefregex has alternatives that stand in no group");
		text_add(&writing->out, "|");
		return 1 + (writing->depth == 0 ? put_start(writing, at + 1) : 0);
	case '{':
		text_add(&writing->out, at[1] == ',' && isdigit((unsigned char)at[2]) ? "{0" : "{");
		return 1;
	case '%': /* %{...} would be put in by banish */
		text_add(&writing->out, at[1] == '{' ? "[%]" : "%");
		return 1;
	default:
		break;
	}
	text_put(&writing->out, (struct span){ at, 1 });
	return 1;
}

/* All of an expression, or a piece with all its groups closed. */
static void put_expression(struct regex_writing *writing, const char *at)
{
	writing->depth = 0;
	while (*at && !writing->told.error) {
		size_t n = *at == '<' ? read_tag(writing, at) : 0;

		if (n == 0 && *at == '(')
			n = 1 + put_group(writing, at + 1);
		else if (n == 0 && *at == '[')
			n = put_class(writing, at);
		else if (n == 0 && *at == '\\')
			n = put_escape(writing, at);
		else if (n == 0)
			n = put_sign(writing, at);
		at += n;
		if (writing->out.n > MAX_SIZE)
			refuse(writing, "it is too long");
	}
	if (writing->depth > 0)
		refuse(writing, "its groups are not closed where its content begins or ends");
}

static void put_prefix(struct regex_writing *writing, struct arena *arena, const char *prefregex,
		       const char **ret_rest)
{
	static const char open[] = "<F-CONTENT>", close[] = "</F-CONTENT>";
	const char *content = strstr(prefregex, open);
	const char *end = content ? strstr(content, close) : NULL;
	struct span inner;
	size_t n;

	n = put_start(writing, prefregex);
	if (!end) { /* the line must be so, and all of it is the content */
		text_add(&writing->out, "(?=");
		put_expression(writing, prefregex + n);
		text_add(&writing->out, ")");
		return;
	}
	put_expression(writing,
		       arena_copy(arena, (struct span){ prefregex + n,
							(size_t)(content - prefregex) - n }));
	inner = (struct span){ content + sizeof(open) - 1,
			       (size_t)(end - content) - sizeof(open) + 1 };
	if (!span_equal(inner, SPAN_LITERAL(".+")) && !span_equal(inner, SPAN_LITERAL(".+?"))) {
		text_add(&writing->out, "(?=");
		put_expression(writing, arena_copy(arena, inner));
		text_add(&writing->out, ")");
	}
	*ret_rest = end + sizeof(close) - 1;
	writing->in_content = true;
}

/* What '$' of the failregex is: the end of the content, and what the prefregex says comes then. */
static void put_rest(struct regex_writing *writing, struct arena *arena, const char *rest)
{
	struct text whole = writing->out;

	writing->out = (struct text){ .arena = arena };
	put_expression(writing, rest);
	writing->end = text_end(&writing->out);
	writing->out = whole;
}

struct regex_told regex_translate(struct arena *arena, const char *prefregex, const char *failregex,
				  bool silent)
{
	struct regex_writing writing = { .out = { .arena = arena }, .end = "$", .silent = silent };
	const char *rest = "$";
	bool has_end;
	size_t n;

	if (prefregex && *prefregex)
		prefregex = envelope_remove(arena, prefregex);
	else
		failregex = envelope_remove(arena, failregex);
	text_add(&writing.out, "^");
	if (prefregex && *prefregex)
		put_prefix(&writing, arena, prefregex, &rest);
	if (strcmp(rest, "$") != 0)
		put_rest(&writing, arena, rest);
	writing.told.searched = false;
	text_add(&writing.out, "(?:");
	writing.grouped = true;
	n = put_start(&writing, failregex);
	put_expression(&writing, failregex + n);
	text_add(&writing.out, ")");
	has_end = strcmp(writing.end, "$") == 0 || strchr(failregex, '$');
	if (!has_end && strcmp(writing.end, "\\s*$") != 0)
		text_format(&writing.out, ".*?%s", writing.end);
	if (!writing.told.error && writing.n_groups > 60)
		refuse(&writing, "it has too many groups");
	writing.told.pattern = text_end(&writing.out);
	return writing.told;
}
