/*
 * One branch of each group, each repeat as often as it must or a little more, what is looked at
 * aside left out. The first variants are the plain ones, the later ones draw lots, always the same.
 */

#include "import/example.h"

#include "match/token.h"

#include <limits.h>

#define MAX_DEPTH  40
#define MAX_COPIES 20

struct example_line {
	const char *at; /* in the pattern */
	char *text;
	size_t n;
	unsigned variant;
	uint32_t lot;
	bool lost;
};

static unsigned draw(struct example_line *line, unsigned n)
{
	line->lot = line->lot * 1664525 + 1013904223;
	return line->lot / 65536 % n;
}

static void example_put(struct example_line *line, const char *bytes, size_t n)
{
	if (n > EXAMPLE_MAX - 1 - line->n) {
		line->lost = true;
		return;
	}
	memmove(line->text + line->n, bytes, n);
	line->n += n;
}

static void put_class_byte(struct example_line *line, const struct token *token)
{
	static const char likely[] =
		"ax1 -/:._=AZ05bcdefgkmrstu,;()[]<>\"'@#%+*?!\\^`{|}~$&hijlnopqvwyz"
		"BCDEFGHIJKLMNOPQRSTUVWXY2346789";
	size_t start = line->variant < 4 ? 0 : draw(line, 6);

	for (size_t i = 0; i < sizeof(likely) - 1; i++) {
		char c = likely[(start + i) % (sizeof(likely) - 1)];

		if (token_has(token, c)) {
			example_put(line, &c, 1);
			return;
		}
	}
	line->lost = true;
}

/* What was written from `mark` on may be repeated, or left out. */
static void repeat(struct example_line *line, size_t mark, bool written)
{
	const char *at = line->at;
	struct token token = token_next(&at);
	unsigned times = token.min;
	size_t size = line->n - mark;

	if (token.kind != TOKEN_REPEAT)
		return;
	line->at = at;
	if (!written)
		return;
	if (line->variant == 1 || (line->variant > 1 && draw(line, 2)))
		times = MIN(MAX(times, 1), token.max);
	if (line->variant > 3 && times == token.min && token.max > times && draw(line, 3) == 0)
		times++;
	if (times == 0)
		line->n = mark;
	for (unsigned i = 1; i < MIN(times, MAX_COPIES); i++)
		example_put(line, line->text + mark, size);
	line->lost |= times > MAX_COPIES;
}

static bool write_branches(struct example_line *line, bool wanted, unsigned depth);

static bool write_group_of(struct example_line *line, const struct token *token, bool wanted,
			   unsigned depth)
{
	bool address = token->text.size == 11 && memcmp(token->text.data, "(?<address>", 11) == 0;
	bool v4 = line->at[0] == '(' && line->at[3] == '\\';
	size_t mark = line->n;

	if (depth == 0 || !write_branches(line, wanted && token->kind == TOKEN_OPEN, depth - 1))
		return false;
	if (address && wanted) {
		line->n = mark;
		example_put(line, v4 ? "192.0.2.7" : "2001:db8::7", v4 ? 9 : 11);
	}
	return true;
}

/* Up to the end of the group. False: to that of the pattern, or it is not understood. */
static bool write_branches(struct example_line *line, bool wanted, unsigned depth)
{
	unsigned n = token_count_branches(line->at);
	unsigned branch = line->variant < 2 ? line->variant % n : draw(line, n);

	for (unsigned i = 0;;) {
		struct token token = token_next(&line->at);
		bool written = wanted && i == branch;
		size_t mark = line->n;

		switch (token.kind) {
		case TOKEN_LOST:
			line->lost = true;
			return false;
		case TOKEN_END:
			return false;
		case TOKEN_CLOSE:
			return true;
		case TOKEN_OR:
			i++;
			continue;
		case TOKEN_OPEN:
		case TOKEN_LOOK:
			if (!write_group_of(line, &token, written, depth))
				return false;
			break;
		case TOKEN_BYTE:
			if (written)
				example_put(line, &token.byte, 1);
			break;
		case TOKEN_CLASS:
			if (written)
				put_class_byte(line, &token);
			break;
		case TOKEN_REFERENCE: /* none is translated */
		case TOKEN_NOTHING:
		case TOKEN_REPEAT:
			break;
		}
		repeat(line, mark, written);
	}
}

size_t example_write(const char *pattern, unsigned variant, char buffer[static EXAMPLE_MAX])
{
	struct example_line line = {
		.at = pattern, .text = buffer, .variant = variant, .lot = variant * 2654435761u
	};

	(void)write_branches(&line, true, MAX_DEPTH);
	if (line.lost || *line.at)
		return 0;
	buffer[line.n] = '\0';
	return line.n;
}
