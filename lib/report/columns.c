#include "report/columns.h"

#include <errno.h>

#define GAP 2 /* blanks between columns */

struct sheet {
	char alignment[SHEET_MAX_COLUMNS + 1];
	size_t n_columns, widths[SHEET_MAX_COLUMNS];
	char **cells; /* row after row */
	size_t n_cells, room;
};

int sheet_new(const char *alignment, struct sheet **ret)
{
	struct sheet *sheet;

	if (strlen(alignment) > SHEET_MAX_COLUMNS)
		return -EINVAL;
	sheet = calloc(1, sizeof(*sheet));
	if (!sheet)
		return -ENOMEM;
	strcpy(sheet->alignment, alignment);
	sheet->n_columns = strlen(alignment);
	*ret = sheet;
	return 0;
}

struct sheet *sheet_free(struct sheet *sheet)
{
	if (!sheet)
		return NULL;
	for (size_t i = 0; i < sheet->n_cells; i++)
		free(sheet->cells[i]);
	free(sheet->cells);
	free(sheet);
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

static int make_room(struct sheet *sheet)
{
	size_t room = MAX(2 * sheet->room, (size_t)8 * SHEET_MAX_COLUMNS);
	char **cells;

	if (sheet->n_cells + sheet->n_columns <= sheet->room)
		return 0;
	cells = reallocarray(sheet->cells, room, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	sheet->cells = cells;
	sheet->room = room;
	return 0;
}

int sheet_add(struct sheet *sheet, const char *const *cells)
{
	size_t first = sheet->n_cells;
	int r;

	r = make_room(sheet);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sheet->n_columns; i++) {
		const char *text = cells[i] ? cells[i] : "-";
		char *copy = strdup(text);

		if (!copy) {
			while (sheet->n_cells > first)
				free(sheet->cells[--sheet->n_cells]);
			return -ENOMEM;
		}
		sheet->cells[sheet->n_cells++] = copy;
		sheet->widths[i] = MAX(sheet->widths[i], width_of(text, strlen(text)));
	}
	return 0;
}

size_t sheet_n_rows(const struct sheet *sheet)
{
	return sheet->n_columns > 0 ? sheet->n_cells / sheet->n_columns : 0;
}

static char *put_blanks(char *end, size_t n)
{
	memset(end, ' ', n);
	return end + n;
}

static char *put_row(const struct sheet *sheet, char *const *cells, char *end)
{
	for (size_t i = 0; i < sheet->n_columns; i++) {
		size_t size = strlen(cells[i]);
		size_t blanks = sheet->widths[i] - width_of(cells[i], size);

		if (i > 0)
			end = put_blanks(end, GAP);
		if (sheet->alignment[i] == '>')
			end = put_blanks(end, blanks);
		end = mempcpy(end, cells[i], size);
		if (sheet->alignment[i] == '<')
			end = put_blanks(end, blanks);
	}
	while (end[-1] == ' ')
		end--;
	*end++ = '\n';
	return end;
}

int sheet_format(const struct sheet *sheet, char **ret)
{
	size_t size = 1, line = 1;
	char *text, *end;

	for (size_t i = 0; i < sheet->n_columns; i++)
		line += sheet->widths[i] + GAP;
	size += sheet_n_rows(sheet) * line;
	for (size_t i = 0; i < sheet->n_cells; i++)
		size += strlen(sheet->cells[i]); /* more bytes than columns */
	text = end = malloc(size);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < sheet->n_cells; i += sheet->n_columns)
		end = put_row(sheet, sheet->cells + i, end);
	*end = '\0';
	*ret = text;
	return 0;
}

char *sheet_fold(const char *text, unsigned indent)
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
