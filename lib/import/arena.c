#include "import/arena.h"

#include "base/printable.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

struct arena_block {
	struct arena_block *next;
	max_align_t data[];
};

void arena_done(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	*arena = (struct arena){ 0 };
}

void *arena_take(struct arena *arena, size_t size)
{
	struct arena_block *block = NULL;

	if (!arena->failed && size <= ARENA_MAX - arena->used)
		block = calloc(1, sizeof(*block) + size);
	if (!block) {
		arena->failed = true;
		return NULL;
	}
	arena->used += size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block->data;
}

const char *arena_copy(struct arena *arena, struct span text)
{
	char *copy = arena_take(arena, text.size + 1);

	if (!copy)
		return "";
	if (text.size > 0)
		memcpy(copy, text.data, text.size);
	return copy;
}

const char *arena_lower(struct arena *arena, struct span text)
{
	char *copy = arena_take(arena, text.size + 1);

	for (size_t i = 0; copy && i < text.size; i++)
		copy[i] = (char)tolower((unsigned char)text.data[i]);
	return copy ?: "";
}

static printf_like(2, 0) void text_vformat(struct text *text, const char *format, va_list arguments)
{
	char *piece = NULL;
	int n = vasprintf(&piece, format, arguments);

	if (n < 0) {
		text->arena->failed = true;
		return;
	}
	text_put(text, (struct span){ piece, (size_t)n });
	free(piece);
}

const char *arena_format(struct arena *arena, const char *format, ...)
{
	struct text text = { .arena = arena };
	va_list arguments;

	va_start(arguments, format);
	text_vformat(&text, format, arguments);
	va_end(arguments);
	return text_end(&text);
}

void text_put(struct text *text, struct span piece)
{
	if (piece.size >= text->room - text->n) { /* one byte is for the NUL */
		size_t room = MAX(2 * text->room, text->n + piece.size + 1);
		char *data = arena_take(text->arena, room);

		if (!data) {
			*text = (struct text){ .arena = text->arena };
			return;
		}
		if (text->n > 0)
			memcpy(data, text->data, text->n);
		text->data = data;
		text->room = room;
	}
	if (piece.size > 0)
		memcpy(text->data + text->n, piece.data, piece.size);
	text->n += piece.size;
}

void text_add(struct text *text, const char *piece)
{
	text_put(text, span_of(piece));
}

void text_format(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vformat(text, format, arguments);
	va_end(arguments);
}

void text_quote(struct text *text, struct span piece)
{
	text_add(text, "\"");
	while (piece.size > 0) {
		char buffer[PRINTABLE_JSON_MAX];
		size_t n = printable_json(piece, buffer);

		text_add(text, buffer);
		piece = (struct span){ piece.data + n, piece.size - n };
	}
	text_add(text, "\"");
}

const char *text_end(struct text *text)
{
	text_put(text, SPAN_LITERAL(""));
	if (!text->data)
		return "";
	text->data[text->n] = '\0';
	return text->data;
}
