#include "sample.h"

#include "token.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define MAX_DEPTH   64
#define MAX_REPEATS 4 /* of what must come more than once */

struct writer {
	const char *p;
	struct token token; /* the one that is to be read next */
	unsigned variant, n_choices, depth;
	bool lost;
	char *buffer;
	size_t size, used;
};

static void write_alternatives(struct writer *writer);

static void move_on(struct writer *writer)
{
	writer->token = token_next(&writer->p);
	writer->lost |= writer->token.kind == TOKEN_LOST;
}

static void put(struct writer *writer, const char *bytes, size_t size)
{
	size = MIN(size, writer->size - writer->used);
	memmove(writer->buffer + writer->used, bytes, size);
	writer->used += size;
}

/* Variant 0 keeps every first choice, 1 every last one, the others mix. */
static bool prefers_next(struct writer *writer)
{
	uint32_t mixed = (writer->variant * 31 + ++writer->n_choices) * 0x9e3779b1U;

	return writer->variant > 0 && (writer->variant == 1 || mixed >> 31);
}

static void write_class(struct writer *writer)
{
	static const char likely[] = "1aA-. :,=<>()[]\"'/_";
	const struct token token = writer->token;
	char byte = '\0';

	for (unsigned i = 0; i < sizeof(likely) - 1 + 256; i++) {
		char next = i < sizeof(likely) - 1 ? likely[i] : (char)(i - (sizeof(likely) - 1));

		if (!token_has(&token, next))
			continue;
		byte = next;
		if (!prefers_next(writer) || writer->variant == 1)
			break;
	}
	put(writer, &byte, 1);
}

static void write_group(struct writer *writer)
{
	bool look = writer->token.kind == TOKEN_LOOK;
	size_t start = writer->used;

	move_on(writer);
	writer->lost |= ++writer->depth > MAX_DEPTH;
	if (!writer->lost)
		write_alternatives(writer);
	writer->depth--;
	writer->lost |= writer->token.kind != TOKEN_CLOSE;
	if (look)
		writer->used = start;
}

static void write_item(struct writer *writer)
{
	size_t start = writer->used, size;

	switch (writer->token.kind) {
	case TOKEN_OPEN:
	case TOKEN_LOOK:
		write_group(writer);
		break;
	case TOKEN_CLASS:
		write_class(writer);
		break;
	case TOKEN_BYTE:
		put(writer, &writer->token.byte, 1);
		break;
	case TOKEN_NOTHING:
		break;
	case TOKEN_REPEAT:
	case TOKEN_END:
	case TOKEN_CLOSE:
	case TOKEN_OR:
	case TOKEN_LOST:
		writer->lost = true;
		return;
	}
	move_on(writer);
	size = writer->used - start;
	while (writer->token.kind == TOKEN_REPEAT) {
		if (writer->token.max == 0)
			writer->used = start;
		for (unsigned i = 1; i < MIN(writer->token.min, MAX_REPEATS); i++)
			put(writer, writer->buffer + start, size);
		move_on(writer);
	}
}

static bool goes_on(const struct writer *writer)
{
	return writer->token.kind != TOKEN_END && !writer->lost;
}

static void write_sequence(struct writer *writer)
{
	while (goes_on(writer) && writer->token.kind != TOKEN_OR &&
	       writer->token.kind != TOKEN_CLOSE)
		write_item(writer);
}

static void write_alternatives(struct writer *writer)
{
	size_t start = writer->used;

	write_sequence(writer);
	while (goes_on(writer) && writer->token.kind == TOKEN_OR) {
		size_t end = writer->used;

		move_on(writer);
		write_sequence(writer);
		if (prefers_next(writer)) {
			memmove(writer->buffer + start, writer->buffer + end, writer->used - end);
			writer->used -= end - start;
		} else {
			writer->used = end;
		}
	}
}

size_t sample_text(const char *pattern, unsigned variant, char *buffer, size_t size)
{
	struct writer writer = { .p = pattern, .variant = variant, .buffer = buffer, .size = size };

	move_on(&writer);
	write_alternatives(&writer);
	return !writer.lost && writer.token.kind == TOKEN_END ? writer.used : 0;
}

int sample_counted(const char *pattern, char **ret)
{
	/* Each item grows by "(?:" and ")" at most. */
	cleanup(freep) char *counted = malloc(5 * strlen(pattern) + 1);
	char *out = counted;

	if (!counted)
		return -ENOMEM;
	for (const char *p = pattern;;) {
		struct token token = token_next(&p), after;
		const char *q = p;
		bool item = token.kind == TOKEN_BYTE || token.kind == TOKEN_CLASS;

		if (token.kind == TOKEN_LOST)
			return -ENODATA;
		if (token.kind == TOKEN_END)
			break;
		after = token_next(&q);
		if (item && after.kind == TOKEN_REPEAT)
			out = mempcpy(out, "(?:", 3);
		out = mempcpy(out, token.text.data, token.text.size);
		if (item && after.kind == TOKEN_REPEAT)
			*out++ = ')';
	}
	*out = '\0';
	*ret = TAKE_PTR(counted);
	return 0;
}
