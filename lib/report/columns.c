#include "report/columns.h"

#include <errno.h>

#define GAP 2 /* blanks between columns */

struct columns {
	char alignment[SHEET_MAX_COLUMNS + 1];
	size_t n_columns, widths[SHEET_MAX_COLUMNS];
	char **cells; /* row after row */
	size_t n_cells, room;
};

int columns_new(const char *alignment, struct columns **ret)
{
	struct columns *columns;

	if (strlen(alignment) > SHEET_MAX_COLUMNS)
		return -EINVAL;
	columns = calloc(1, sizeof(*columns));
	if (!columns)
		return -ENOMEM;
	strcpy(columns->alignment, alignment);
	columns->n_columns = strlen(alignment);
	*ret = columns;
	return 0;
}

struct columns *columns_free(struct columns *columns)
{
	if (!columns)
		return NULL;
	for (size_t i = 0; i < columns->n_cells; i++)
		free(columns->cells[i]);
	free(columns->cells);
	free(columns);
	return NULL;
}

/* Characters, not bytes: of UTF-8 every byte but those that go on with a character. */
static size_t width_of(const char *text, size_t size)
{
	size_t width = 0;

	for (size_t i = 0; i < size; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static int columns_make_room(struct columns *columns)
{
	size_t room = MAX(2 * columns->room, (size_t)8 * SHEET_MAX_COLUMNS);
	char **cells;

	if (columns->n_cells + columns->n_columns <= columns->room)
		return 0;
	cells = reallocarray(columns->cells, room, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	columns->cells = cells;
	columns->room = room;
	return 0;
}

int columns_add(struct columns *columns, const char *const *cells)
{
	size_t first = columns->n_cells;
	int r;

	r = columns_make_room(columns);
	if (r < 0)
		return r;
	for (size_t i = 0; i < columns->n_columns; i++) {
		const char *text = cells[i] ? cells[i] : "-";
		char *copy = strdup(text);

		if (!copy) {
			while (columns->n_cells > first)
				free(columns->cells[--columns->n_cells]);
			return -ENOMEM;
		}
		columns->cells[columns->n_cells++] = copy;
		columns->widths[i] = MAX(columns->widths[i], width_of(text, strlen(text)));
	}
	return 0;
}

size_t columns_n_rows(const struct columns *columns)
{
	return columns->n_columns > 0 ? columns->n_cells / columns->n_columns : 0;
}

static char *put_blanks(char *end, size_t n)
{
	memset(end, ' ', n);
	return end + n;
}

static char *put_row(const struct columns *columns, char *const *cells, char *end)
{
	for (size_t i = 0; i < columns->n_columns; i++) {
		size_t size = strlen(cells[i]);
		size_t blanks = columns->widths[i] - width_of(cells[i], size);

		if (i > 0)
			end = put_blanks(end, GAP);
		if (columns->alignment[i] == '>')
			end = put_blanks(end, blanks);
		end = mempcpy(end, cells[i], size);
		if (columns->alignment[i] == '<')
			end = put_blanks(end, blanks);
	}
	while (end[-1] == ' ')
		end--;
	*end++ = '\n';
	return end;
}

int columns_format(const struct columns *columns, char **ret)
{
	size_t size = 1, line = 1;
	char *text, *end;

	for (size_t i = 0; i < columns->n_columns; i++)
		line += columns->widths[i] + GAP;
	size += columns_n_rows(columns) * line;
	for (size_t i = 0; i < columns->n_cells; i++)
		size += strlen(columns->cells[i]); /* more bytes than columns */
	text = end = malloc(size);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < columns->n_cells; i += columns->n_columns)
		end = put_row(columns, columns->cells + i, end);
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
