#include "entry/strip.h"

#define HOST_MAX     255 /* bytes */
#define FRACTION_MAX 9   /* digits of a second */

/* Each of these takes off what it is about and says so, or leaves the text alone. */

static bool take(struct span *text, size_t size)
{
	text->data += size;
	text->size -= size;
	return true;
}

static bool take_text(struct span *text, struct span wanted)
{
	return text->size >= wanted.size && memcmp(text->data, wanted.data, wanted.size) == 0 &&
	       take(text, wanted.size);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* '0' stands for a digit, '_' for a digit or a space, '*' for any byte of `any`. */
static bool take_form(struct span *text, const char *form, const char *any)
{
	size_t size = strlen(form);

	if (text->size < size)
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = text->data[i];
		bool fits = form[i] == '0'   ? is_digit(c)
			    : form[i] == '_' ? is_digit(c) || c == ' '
			    : form[i] == '*' ? c != '\0' && strchr(any, c)
					     : c == form[i];

		if (!fits)
			return false;
	}
	return take(text, size);
}

static size_t run_of(struct span text, size_t max, const char *letters)
{
	size_t n = 0;

	while (n < text.size && n < max && text.data[n] != '\0' && strchr(letters, text.data[n]))
		n++;
	return n;
}

#define ALPHABET "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS   "0123456789"

/* "Nov  8 23:26:22 " */
static bool take_time_of_day(struct span *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct span rest = *text;

	for (size_t i = 0; i < strlen(months); i += 3)
		if (take_text(&rest, (struct span){ months + i, 3 })) {
			if (!take_form(&rest, " _0 00:00:00 ", ""))
				return false;
			*text = rest;
			return true;
		}
	return false;
}

/* "2026-11-28T23:27:40.068330+00:00 ", fraction and zone as they like */
static bool take_iso_time(struct span *text)
{
	struct span rest = *text;

	if (!take_form(&rest, "0000-00-00*00:00:00", "T "))
		return false;
	if (take_form(&rest, "*0", ".,"))
		(void)take(&rest, run_of(rest, FRACTION_MAX - 1, DIGITS));
	if (!take_text(&rest, SPAN_LITERAL("Z")) && !take_form(&rest, "*00:00", "+-"))
		(void)take_form(&rest, "*0000", "+-");
	if (!take_text(&rest, SPAN_LITERAL(" ")))
		return false;
	*text = rest;
	return true;
}

static bool take_time(struct span *text)
{
	return take_time_of_day(text) || take_iso_time(text);
}

/* "mail.info ", as busybox writes between host and program */
static void take_priority(struct span *text)
{
	static const char *const facilities[] = {
		"kern",   "user",   "mail",   "daemon",   "auth",   "syslog", "lpr",
		"news",   "uucp",   "cron",   "authpriv", "ftp",    "local0", "local1",
		"local2", "local3", "local4", "local5",   "local6", "local7",
	};
	static const char *const priorities[] = {
		"emerg", "alert",   "crit",   "err",  "error",
		"warn",  "warning", "notice", "info", "debug",
	};

	for (size_t i = 0; i < ARRAY_SIZE(facilities); i++)
		for (size_t k = 0; k < ARRAY_SIZE(priorities); k++) {
			struct span rest = *text;

			if (take_text(&rest, span_of(facilities[i])) &&
			    take_text(&rest, SPAN_LITERAL(".")) &&
			    take_text(&rest, span_of(priorities[k])) &&
			    take_text(&rest, SPAN_LITERAL(" "))) {
				*text = rest;
				return;
			}
		}
}

/* "mail postfix/smtpd[173]: ", all of it, behind a time */
static bool take_syslog(struct span *text, struct span *program)
{
	struct span rest = *text, name;
	size_t n;

	if (!take_time(&rest))
		return false;
	n = run_of(rest, HOST_MAX, ALPHABET DIGITS "._-");
	if (n == 0)
		return false;
	(void)take(&rest, n);
	if (!take_text(&rest, SPAN_LITERAL(" ")))
		return false;
	take_priority(&rest);
	name = (struct span){ rest.data, run_of(rest, STRIP_PROGRAM, ALPHABET DIGITS "._-/@+") };
	if (name.size == 0 || run_of(name, 1, ALPHABET) == 0)
		return false;
	(void)take(&rest, name.size);
	if (take_text(&rest, SPAN_LITERAL("["))) {
		n = run_of(rest, 10, DIGITS);
		(void)take(&rest, n);
		if (n == 0 || !take_text(&rest, SPAN_LITERAL("]")))
			return false;
	}
	if (!take_text(&rest, SPAN_LITERAL(": ")))
		return false;
	*text = rest;
	*program = name;
	return true;
}

static bool take_envelope(const struct strip *strip, struct span *text, struct span *program)
{
	for (size_t i = 0; i < strip->n; i++)
		if (strip->kinds[i] == STRIP_SYSLOG ? take_syslog(text, program) : take_time(text))
			return true;
	return false;
}

struct span strip_text(const struct strip *strip, struct span text, struct span *program)
{
	unsigned n = 0;

	*program = (struct span){ 0 };
	while (text.size > 0 &&
	       (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
		text.size--;
	while (n < STRIP_TIMES && take_envelope(strip, &text, program))
		n++;
	return text;
}

static int stripped_field(void *source, const char *name, struct span *ret)
{
	struct stripped *stripped = source;
	struct span text, program = { 0 };
	int r;

	if (strcmp(name, "MESSAGE") == 0) {
		r = entry_field(stripped->whole, name, ret);
		if (r > 0)
			*ret = strip_text(stripped->strip, *ret, &program);
		return r;
	}
	if (strcmp(name, "SYSLOG_IDENTIFIER") == 0) {
		r = entry_field(stripped->whole, "MESSAGE", &text);
		if (r < 0)
			return r;
		if (r > 0)
			(void)strip_text(stripped->strip, text, &program);
		if (r > 0 && program.size > 0) {
			memcpy(stripped->program, program.data, program.size);
			*ret = (struct span){ stripped->program, program.size };
			return 1;
		}
	}
	return entry_field(stripped->whole, name, ret);
}

void stripped_init(struct stripped *stripped, const struct strip *strip)
{
	*stripped = (struct stripped){
		.entry = { .field = stripped_field, .source = stripped },
		.strip = strip,
	};
}
