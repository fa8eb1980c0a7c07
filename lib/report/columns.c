#include "report/columns.h"

#include "base/array.h"
#include "base/buffer.h"

#include <ctype.h>
#include <errno.h>

#define GAP 2 /* blanks between columns */

void columns_done(struct columns *columns)
{
	for (size_t i = 0; i < columns->n_cells; i++)
		free(columns->cells[i]);
	free(columns->cells);
}

/* Characters, not bytes: of UTF-8 every byte but those that go on with a character. */
static size_t width_of(const char *text, size_t size)
{
	size_t width = 0;

	for (size_t i = 0; i < size; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

int columns_add(struct columns *columns, const char *const *cells)
{
	for (size_t i = 0; columns->alignment[i]; i++) {
		const char *text = cells[i] ? cells[i] : "-";

		if (!array_grow(columns->cells, columns->n_cells))
			return -ENOMEM;
		columns->cells[columns->n_cells] = strdup(text);
		if (!columns->cells[columns->n_cells])
			return -ENOMEM;
		columns->n_cells++;
		columns->widths[i] = MAX(columns->widths[i], width_of(text, strlen(text)));
	}
	return 0;
}

static void columns_put_blanks(struct buffer *out, size_t n)
{
	buffer_print(out, "%*s", (int)n, "");
}

/* "192.0.2.1/32" and below it "  jail dovecot, bans 3, last ban 2026-11-22 03:04:05". */
static void columns_put_paragraph(const struct columns *columns, size_t row, unsigned width,
				  struct buffer *out)
{
	size_t n_columns = strlen(columns->alignment);
	cleanup(freep) char *first = columns_fold(columns->cells[row], 0, width), *rest = NULL,
			    *folded = NULL;
	struct buffer text = { 0 };

	for (size_t i = 1; i < n_columns; i++) {
		if (strcmp(columns->cells[row + i], "-") == 0)
			continue;
		buffer_print(&text, "%s", text.size > 0 ? ", " : "");
		for (const char *p = columns->cells[i]; *p; p++)
			buffer_print(&text, "%c", tolower((unsigned char)*p));
		buffer_print(&text, " %s", columns->cells[row + i]);
	}
	buffer_print(&text, "%s", "");
	rest = buffer_take(&text);
	folded = rest ? columns_fold(rest, 2, width) : NULL;
	out->failed |= !first || !folded;
	if (!out->failed)
		buffer_print(out, "%s  %s", first, folded);
}

static void columns_put_line(const struct columns *columns, size_t row, struct buffer *out)
{
	size_t n_columns = strlen(columns->alignment);

	for (size_t i = 0; i < n_columns; i++) {
		const char *cell = columns->cells[row + i];
		size_t bytes = strlen(cell), blanks = columns->widths[i] - width_of(cell, bytes);

		columns_put_blanks(out,
				   (i > 0 ? GAP : 0) + (columns->alignment[i] == '>' ? blanks : 0));
		buffer_put(out, cell, bytes);
		if (columns->alignment[i] == '<')
			columns_put_blanks(out, blanks);
	}
	while (out->size > 0 && out->data[out->size - 1] == ' ')
		out->data[--out->size] = '\0';
	buffer_put(out, "\n", 1);
}

size_t columns_width(const struct columns *columns)
{
	size_t width = 0;

	for (size_t i = 0; columns->alignment[i]; i++)
		width += columns->widths[i] + (i > 0 ? GAP : 0);
	return width;
}

int columns_format(const struct columns *columns, unsigned width, char **ret)
{
	size_t n_columns = strlen(columns->alignment);
	bool fits = width == 0 || columns_width(columns) <= width;
	struct buffer out = { 0 };

	for (size_t row = fits ? 0 : n_columns; row < columns->n_cells; row += n_columns) {
		if (fits)
			columns_put_line(columns, row, &out);
		else
			columns_put_paragraph(columns, row, width, &out);
	}
	buffer_print(&out, "%s", "");
	*ret = buffer_take(&out);
	return *ret ? 0 : -ENOMEM;
}

/* Bytes of the first `n` characters. */
static size_t columns_size_of(const char *text, size_t n)
{
	size_t size = 0;

	while (text[size] && (n > 0 || ((unsigned char)text[size] & 0xc0) == 0x80))
		n -= ((unsigned char)text[size++] & 0xc0) != 0x80;
	return size;
}

char *columns_fold(const char *text, unsigned indent, unsigned width)
{
	size_t limit = width > 0 ? width : SHEET_WIDTH, column;
	struct buffer folded = { 0 };

	if (width > 0 && indent > width / 2) { /* no room behind what stands there */
		indent = 2;
		buffer_print(&folded, "\n%*s", (int)indent, "");
	}
	column = indent;
	while (*(text += strspn(text, " "))) {
		size_t word = strcspn(text, " "), wide = width_of(text, word);

		if (column > indent && column + 1 + wide > limit) {
			buffer_print(&folded, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			buffer_put(&folded, " ", 1);
			column++;
		}
		while (width > 0 && column + wide > limit) {
			size_t part = columns_size_of(text, limit - column);

			buffer_put(&folded, text, part);
			buffer_print(&folded, "\n%*s", (int)indent, "");
			text += part;
			word -= part;
			wide -= limit - column;
			column = indent;
		}
		buffer_put(&folded, text, word);
		column += wide;
		text += word;
	}
	buffer_put(&folded, "\n", 1);
	return buffer_take(&folded);
}
