#include "cli/output.h"

#include "base/buffer.h"
#include "base/printable.h"
#include "cli/timestamp.h"
#include "io/terminal.h"
#include "report/human.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define VALUE_MAX (PREFIX_TEXT_MAX + WEIGHT_TEXT_MAX + TIMESTAMP_TEXT_MAX + FIGURE_TEXT_MAX)

static void output_quote(struct span text)
{
	char next[PRINTABLE_JSON_MAX];

	putchar('"');
	while (text.size > 0) {
		size_t n = printable_json(text, next);

		fputs(next, stdout);
		text = (struct span){ text.data + n, text.size - n };
	}
	putchar('"');
}

/* The bytes of a value that is text, data NULL: there are none. False: it is no text. */
static bool output_text(const struct row *row, char buffer[static VALUE_MAX], struct span *ret)
{
	*ret = (struct span){ 0 };
	switch (row->kind) {
	case KIND_TEXT:
		*ret = span_of(row->text);
		return true;
	case KIND_BYTES:
		*ret = row->bytes;
		return true;
	case KIND_ADDRESS:
		if (row->address)
			*ret = span_of(address_format(row->address, buffer));
		return true;
	case KIND_PREFIX:
		*ret = span_of(prefix_format(row->prefix, buffer));
		return true;
	case KIND_NULL:
	case KIND_OMIT:
		return true;
	case KIND_END:
	case KIND_NUMBER:
	case KIND_WEIGHT:
	case KIND_TIME:
	case KIND_FLAG:
		break;
	}
	return false;
}

static void output_object(const struct row *rows)
{
	char comma = '{', buffer[VALUE_MAX];
	struct span text;

	for (const struct row *row = rows; row->kind != KIND_END; row++) {
		if (row->kind == KIND_OMIT || row->for_people)
			continue;
		printf("%c\"%s\":", comma, row->key);
		comma = ',';
		if (output_text(row, buffer, &text) && text.data)
			output_quote(text);
		else if (row->kind == KIND_WEIGHT)
			fputs(weight_format(row->number, buffer), stdout);
		else if (row->kind == KIND_FLAG)
			fputs(row->flag ? "true" : "false", stdout);
		else if (row->kind == KIND_NUMBER ||
			 (row->kind == KIND_TIME && row->number != USEC_INFINITY))
			printf("%" PRIu64, row->number);
		else
			fputs("null", stdout);
	}
	puts("}");
}

/* As people are shown it, in *ret, owned by the caller; NULL where there is nothing. 0 or -ENOMEM.
 */
static int output_show(const struct row *row, bool short_numbers, char **ret)
{
	char buffer[VALUE_MAX];
	struct span text;

	*ret = NULL;
	if (output_text(row, buffer, &text)) {
		if (!text.data)
			return 0;
	} else if (row->kind == KIND_TIME) {
		text = span_of(timestamp_format(row->number, buffer));
	} else if (row->kind == KIND_WEIGHT && !short_numbers) {
		text = span_of(weight_format(row->number, buffer));
	} else if (row->kind == KIND_WEIGHT) { /* rounded up: what is there is never 0 */
		text = span_of(
			human_count(row->number / WEIGHT_ONE + (row->number % WEIGHT_ONE > 0),
				    buffer));
	} else if (short_numbers) {
		text = span_of(human_count(row->number, buffer));
	} else {
		snprintf(buffer, sizeof(buffer), "%" PRIu64, row->number);
		text = span_of(buffer);
	}
	*ret = bytes_to_display(text, row->max > 0 ? row->max : text.size);
	return *ret ? 0 : -ENOMEM;
}

static const struct row *output_find(const struct row *rows, struct span key)
{
	while (rows->kind != KIND_END && !span_equal(span_of(rows->key), key))
		rows++;
	assert(rows->kind != KIND_END); /* a sentence without its row */
	return rows;
}

int output_print(bool json, const char *sentence, const struct row *rows)
{
	int r = 0;

	if (json) {
		output_object(rows);
		return 0;
	}
	while (*sentence && r >= 0) {
		size_t n = strcspn(sentence, "{");
		cleanup(freep) char *text = NULL;

		printf("%.*s", (int)n, sentence);
		sentence += n;
		if (*sentence == '\0')
			break;
		n = strcspn(++sentence, ":}"); /* "{key}" or "{key:24}" */
		r = output_show(output_find(rows, (struct span){ sentence, n }), false, &text);
		sentence += n;
		if (r >= 0)
			printf("%-*s", *sentence == ':' ? atoi(sentence + 1) : 0, text ?: "");
		sentence += strcspn(sentence, "}") + 1;
	}
	putchar('\n');
	return r;
}

int output_add_cells(struct columns *columns, const char *const *keys, const struct row *rows)
{
	char *cells[SHEET_MAX_COLUMNS + 1] = { 0 };
	size_t n = 0;
	int r = 0;

	for (; r >= 0 && keys[n]; n++)
		r = output_show(output_find(rows, span_of(keys[n])), !columns->exact, &cells[n]);
	if (r >= 0)
		r = columns_add(columns, (const char *const *)cells);
	while (n > 0)
		free(cells[--n]);
	return r;
}

int output_say(const char *format, ...)
{
	cleanup(freep) char *text = NULL, *folded = NULL;
	const char *sentence;
	va_list arguments;

	va_start(arguments, format);
	text = text_of_format(format, arguments);
	va_end(arguments);
	if (!text)
		return -ENOMEM;
	for (sentence = text; *sentence == '\n'; sentence++)
		putchar('\n');
	if (terminal_width() == 0) {
		puts(sentence);
		return 0;
	}
	folded = columns_fold(sentence, 0, terminal_width());
	if (!folded)
		return -ENOMEM;
	fputs(folded, stdout);
	return 0;
}

int output_columns(const struct columns *columns)
{
	cleanup(freep) char *text = NULL;
	unsigned width = terminal_width();
	bool has_head = width == 0 || columns_width(columns) <= width; /* or paragraphs */
	size_t head;
	int r;

	r = columns_format(columns, width, &text);
	if (r < 0)
		return r;
	head = has_head ? strcspn(text, "\n") : 0;
	if (head > 0)
		printf("%s%.*s%s", terminal_style(STYLE_BOLD), (int)head, text,
		       terminal_style(STYLE_NONE));
	fputs(text + head, stdout);
	return 0;
}

int output_folded(const char *label, int width, const char *text)
{
	cleanup(freep) char *shown = bytes_to_display(span_of(text), strlen(text));
	cleanup(freep) char *folded =
		shown ? columns_fold(shown, (unsigned)width, terminal_width()) : NULL;

	if (!folded)
		return -ENOMEM;
	if (folded[0] == '\n') /* stands below the label */
		width = 0;
	printf("%-*s%s", width, label, folded);
	return 0;
}
