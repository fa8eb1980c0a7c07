#include "base/buffer.h"

#include <stdio.h>

#define FIRST_ROOM 256 /* bytes */

/* For so many bytes more, and a NUL. */
static bool buffer_make_room(struct buffer *buffer, size_t size)
{
	size_t max = MAX(2 * buffer->max, buffer->size + size + FIRST_ROOM);
	char *grown;

	if (buffer->failed || size < buffer->max - buffer->size)
		return !buffer->failed;
	grown = realloc(buffer->data, max);
	if (!grown) {
		buffer->failed = true;
		return false;
	}
	buffer->data = grown;
	buffer->max = max;
	return true;
}

void buffer_put(struct buffer *buffer, const char *data, size_t size)
{
	if (!buffer_make_room(buffer, size))
		return;
	if (size > 0)
		memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
	buffer->data[buffer->size] = '\0';
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
	size_t room = FIRST_ROOM;
	va_list arguments;
	int n;

	/* once into what is likely to be enough, once more where it was not */
	for (int i = 0; i < 2 && buffer_make_room(buffer, room); i++) {
		va_start(arguments, format);
		n = vsnprintf(buffer->data + buffer->size, room + 1, format, arguments);
		va_end(arguments);
		if (n < 0) {
			buffer->failed = true;
		} else if ((size_t)n <= room) {
			buffer->size += (size_t)n;
			return;
		}
		room = (size_t)MAX(n, 0);
	}
}

char *buffer_take(struct buffer *buffer)
{
	char *text = buffer->data;

	if (buffer->failed) {
		free(text);
		text = NULL;
	}
	*buffer = (struct buffer){ 0 };
	return text;
}

char *text_of_format(const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}
