#include "import/jail.h"

#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

const char *const import_keys[N_KEYS] = { "mode",    "maxretry",  "findtime",
					  "bantime", "increment", "action" };

void import_note(struct arena *arena, struct import_note **notes, const char *format, ...)
{
	struct import_note *note = arena_take(arena, sizeof(*note));
	va_list arguments;
	char *text;

	if (!note)
		return;
	va_start(arguments, format);
	text = text_of_format(format, arguments);
	va_end(arguments);
	note->text = arena_copy(arena, span_of(text ?: ""));
	free(text);
	while (*notes && strcmp((*notes)->text, note->text) != 0)
		notes = &(*notes)->next;
	if (!*notes)
		*notes = note;
}
