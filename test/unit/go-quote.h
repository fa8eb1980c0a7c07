#ifndef BANISH_GO_QUOTE_H
#define BANISH_GO_QUOTE_H

/* What Go's %q makes of bytes, written from the documentation of strconv.Quote: the oracle of the
 * logfmt parser. */

#include "base/util.h"
#include "random.h"

#define MAX_LINE 4096 /* bytes of a random line */

/* Growing text on the stack of a test. */
struct text {
	char bytes[MAX_LINE];
	size_t size;
};

static inline void add_bytes(struct text *text, const void *bytes, size_t size)
{
	assert_true(text->size + size <= sizeof(text->bytes));
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

static inline void add(struct text *text, const char *string)
{
	add_bytes(text, string, strlen(string));
}

static inline struct span span_of_text(const struct text *text)
{
	return (struct span){ text->bytes, text->size };
}

/* Go's utf8.DecodeRuneInString: how long the rune is; -1 in `ret`: one byte that begins none. */
static inline size_t go_decode(const unsigned char *p, size_t size, int32_t *ret)
{
	*ret = -1;
	if (p[0] < 0x80) {
		*ret = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf && size >= 2 && (p[1] & 0xc0) == 0x80) {
		*ret = (p[0] & 0x1f) * 64 + (p[1] & 0x3f);
		return 2;
	}
	if (p[0] >= 0xe0 && p[0] <= 0xef && size >= 3 && p[1] >= (p[0] == 0xe0 ? 0xa0 : 0x80) &&
	    p[1] <= (p[0] == 0xed ? 0x9f : 0xbf) && (p[2] & 0xc0) == 0x80) {
		*ret = ((p[0] & 0x0f) * 64 + (p[1] & 0x3f)) * 64 + (p[2] & 0x3f);
		return 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4 && size >= 4 && p[1] >= (p[0] == 0xf0 ? 0x90 : 0x80) &&
	    p[1] <= (p[0] == 0xf4 ? 0x8f : 0xbf) && (p[2] & 0xc0) == 0x80 &&
	    (p[3] & 0xc0) == 0x80) {
		*ret = (((p[0] & 0x07) * 64 + (p[1] & 0x3f)) * 64 + (p[2] & 0x3f)) * 64 +
		       (p[3] & 0x3f);
		return 4;
	}
	return 1;
}

static inline void go_quote_rune(struct text *text, int32_t rune, unsigned char byte)
{
	static const char names[] = "abtnvfr"; /* 7 ... 13 */
	char escape[16];

	if (rune < 0 || rune == 0x7f || (rune < ' ' && (rune < 7 || rune > 13)))
		(void)snprintf(escape, sizeof(escape), "\\x%02x", rune < 0 ? byte : (unsigned)rune);
	else if (rune < ' ')
		(void)snprintf(escape, sizeof(escape), "\\%c", names[rune - 7]);
	else if (rune == '"' || rune == '\\')
		(void)snprintf(escape, sizeof(escape), "\\%c", (char)rune);
	else if (rune < 0x10000)
		(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)rune);
	else
		(void)snprintf(escape, sizeof(escape), "\\U%08x", (unsigned)rune);
	add(text, escape);
}

/*
 * Go's strconv.Quote. Which runes beyond ASCII are printable depends on the Unicode tables of the
 * Go release: here chance decides, but for those that never are.
 */
static inline void go_quote(struct text *text, struct span value, uint64_t *seed)
{
	const unsigned char *p = (const unsigned char *)value.data;
	size_t length;

	add(text, "\"");
	for (size_t i = 0; i < value.size; i += length) {
		int32_t rune;
		bool printable;

		length = go_decode(p + i, value.size - i, &rune);
		printable =
			rune >= ' ' && rune != '"' && rune != '\\' && (rune < 0x7f || rune > 0xa0);
		if (rune > 0xa0 && (rune == 0xad || rune == 0x2028 || random_below(seed, 4) == 0))
			printable = false;
		if (printable)
			add_bytes(text, p + i, length);
		else
			go_quote_rune(text, rune, p[i]);
	}
	add(text, "\"");
}

/* What mox leaves without quotes. */
static inline bool go_is_bare(struct span value)
{
	for (size_t i = 0; i < value.size; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c >= 0x7f)
			return false;
	}
	return true;
}

#endif
