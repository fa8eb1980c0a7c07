#include "report/shapes.h"

#include "base/address.h"
#include "base/array.h"

#include <ctype.h>
#include <errno.h>

void shapes_done(struct shapes *shapes)
{
	free(shapes->items);
	*shapes = (struct shapes){ 0 };
}

static bool is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

/* The run of address bytes at `text` is an address (a trailing ':' belongs to the sentence). */
static size_t address_size(struct span text)
{
	struct address address;
	size_t n = 0;

	while (n < text.size && n < ADDRESS_TEXT_MAX &&
	       (isxdigit((unsigned char)text.data[n]) || text.data[n] == '.' ||
		text.data[n] == ':'))
		n++;
	while (n > 1 && (text.data[n - 1] == ':' || text.data[n - 1] == '.'))
		n--;
	return n >= 3 && address_parse((struct span){ text.data, n }, &address) >= 0 ? n : 0;
}

/* "rip=192.0.2.1, 3 attempts" -> "rip=ADDRESS, N attempts" */
static bool shape_fold(struct span message, char text[static SHAPE_MAX + 1])
{
	size_t size = 0, max = SHAPE_MAX;
	bool has_address = false;

	for (size_t i = 0; i < message.size && i < 4096;) {
		struct span rest = { message.data + i, message.size - i };
		bool begins_word = i == 0 || !is_word_byte(message.data[i - 1]);
		size_t n = begins_word ? address_size(rest) : 0;
		const char *word = NULL;

		if (n > 0) {
			word = "ADDRESS";
			has_address = true;
		} else if (message.data[i] >= '0' && message.data[i] <= '9') {
			word = "N";
			while (n < rest.size && rest.data[n] >= '0' && rest.data[n] <= '9')
				n++;
		}
		i += MAX(n, (size_t)1);
		for (const char *p = word ?: rest.data; size < max && (word ? *p : p == rest.data);
		     p++)
			text[size++] = *p >= 0x20 && *p < 0x7f ? *p : '?';
		if (has_address)
			max = MIN(max, MAX(size, (size_t)SHAPE_SIZE));
	}
	text[size] = '\0';
	return has_address;
}

int shapes_add(struct shapes *shapes, struct span message)
{
	char text[SHAPE_MAX + 1];

	if (!shape_fold(message, text))
		return 0;
	for (size_t i = 0; i < shapes->n_items; i++)
		if (strcmp(shapes->items[i].text, text) == 0) {
			shapes->items[i].count++;
			return 0;
		}
	if (shapes->n_items == SHAPES_MAX) {
		shapes->n_others++;
		return 0;
	}
	if (!array_grow(shapes->items, shapes->n_items))
		return -ENOMEM;
	strcpy(shapes->items[shapes->n_items].text, text);
	shapes->items[shapes->n_items++].count = 1;
	return 0;
}

static int more_first(const void *a, const void *b)
{
	const struct shape *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->text, y->text);
}

void shapes_sort(struct shapes *shapes)
{
	if (shapes->n_items > 0)
		qsort(shapes->items, shapes->n_items, sizeof(*shapes->items), more_first);
}

bool shape_is_failure(const char *shape)
{
	static const char *const words[] = { "fail",         "invalid",  "denied",    "refuse",
					     "reject",       "wrong",    "incorrect", "illegal",
					     "abuse",        "bad ",     "forbid",    "not allowed",
					     "unknown user", "unauthori" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(shape, words[i]))
			return true;
	return false;
}
