#include "report/columns.h"

#include "base/array.h"

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

static char *put_blanks(char *end, size_t n)
{
	memset(end, ' ', n);
	return end + n;
}

int columns_format(const struct columns *columns, char **ret)
{
	size_t n_columns = strlen(columns->alignment), size = 1, line = 1;
	char *text, *end;

	for (size_t i = 0; i < n_columns; i++)
		line += columns->widths[i] + GAP;
	size += columns->n_cells / n_columns * line;
	for (size_t i = 0; i < columns->n_cells; i++)
		size += strlen(columns->cells[i]); /* more bytes than columns */
	text = end = malloc(size);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < columns->n_cells; i++) {
		const char *cell = columns->cells[i];
		size_t bytes = strlen(cell), column = i % n_columns;
		size_t blanks = columns->widths[column] - width_of(cell, bytes);

		if (column > 0)
			end = put_blanks(end, GAP);
		if (columns->alignment[column] == '>')
			end = put_blanks(end, blanks);
		end = mempcpy(end, cell, bytes);
		if (columns->alignment[column] == '<')
			end = put_blanks(end, blanks);
		if (column + 1 < n_columns)
			continue;
		while (end[-1] == ' ')
			end--;
		*end++ = '\n';
	}
	*end = '\0';
	*ret = text;
	return 0;
}

char *columns_fold(const char *text, unsigned indent)
{
	size_t size = strlen(text), column = indent;
	char *folded, *end;

	/* at worst each word stands on a line of its own */
	folded = end = malloc(size + (size / 2 + 1) * (indent + 1) + 2);
	if (!folded)
		return NULL;
	while (*(text += strspn(text, " "))) {
		size_t word = strcspn(text, " "), width = width_of(text, word);

		if (column > indent && column + 1 + width > SHEET_WIDTH) {
			*end++ = '\n';
			end = put_blanks(end, indent);
			column = indent;
		} else if (column > indent) {
			*end++ = ' ';
			column++;
		}
		end = mempcpy(end, text, word);
		column += width;
		text += word;
	}
	*end++ = '\n';
	*end = '\0';
	return folded;
}
