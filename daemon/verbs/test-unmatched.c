#include "verbs/test-unmatched.h"

#include "base/address.h"
#include "cli/output.h"

#define MAX_SHOWN 20

static bool is_address_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	       c == '.' || c == ':';
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

	while (n < text.size && n < ADDRESS_TEXT_MAX && is_address_byte(text.data[n]))
		n++;
	while (n > 1 && (text.data[n - 1] == ':' || text.data[n - 1] == '.'))
		n--;
	return n >= 3 && address_parse((struct span){ text.data, n }, &address) >= 0 ? n : 0;
}

/* "rip=192.0.2.1, 3 attempts" -> "rip=ADDRESS, N attempts" */
static bool unmatched_fold(struct span message, char text[static SHAPE_SIZE + 1])
{
	bool has_address = false;
	size_t size = 0;

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
		for (const char *p = word ?: rest.data;
		     size < SHAPE_SIZE && (word ? *p : p == rest.data); p++)
			text[size++] = *p >= 0x20 && *p < 0x7f ? *p : '?';
	}
	text[size] = '\0';
	return has_address;
}

void unmatched_add(struct unmatched *shapes, struct span message)
{
	char text[SHAPE_SIZE + 1];

	if (!unmatched_fold(message, text))
		return;
	for (size_t i = 0; i < shapes->n_items; i++)
		if (strcmp(shapes->items[i].text, text) == 0) {
			shapes->items[i].count++;
			return;
		}
	if (shapes->n_items == MAX_SHAPES) {
		shapes->n_others++;
		return;
	}
	strcpy(shapes->items[shapes->n_items].text, text);
	shapes->items[shapes->n_items++].count = 1;
}

static int more_first(const void *a, const void *b)
{
	const struct shape *const *x = a, *const *y = b;

	if ((*x)->count != (*y)->count)
		return (*x)->count < (*y)->count ? 1 : -1;
	return strcmp((*x)->text, (*y)->text);
}

void unmatched_print(const struct unmatched *shapes, uint64_t n_lines, uint64_t n_taken, FILE *out)
{
	const struct shape *sorted[MAX_SHAPES];

	fprintf(out, "\n%llu line%s, %llu matched by a rule\n", (unsigned long long)n_lines,
		PLURAL(n_lines), (unsigned long long)n_taken);
	if (shapes->n_items == 0)
		return;
	for (size_t i = 0; i < shapes->n_items; i++)
		sorted[i] = &shapes->items[i];
	qsort(sorted, shapes->n_items, sizeof(*sorted), more_first);
	fprintf(out, "lines with an address that no rule matched:\n");
	for (size_t i = 0; i < MIN(shapes->n_items, (size_t)MAX_SHOWN); i++)
		fprintf(out, "%8llu  %s\n", (unsigned long long)sorted[i]->count, sorted[i]->text);
	if (shapes->n_items > MAX_SHOWN || shapes->n_others > 0)
		fprintf(out, "          and %llu more\n",
			(unsigned long long)(shapes->n_items > MAX_SHOWN
						     ? shapes->n_items - MAX_SHOWN
						     : 0) +
				(unsigned long long)shapes->n_others);
}
