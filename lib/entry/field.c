#include "entry/field.h"

#include <errno.h>

#define KEPT_MAX (256U << 10) /* bytes; memory for a longer value goes with the next one */

void field_init(struct field *text, const char *field)
{
	*text = (struct field){ .field = field };
	text->subject.logfmt = &text->logfmt;
}

void field_done(struct field *text)
{
	free(text->data);
	logfmt_done(&text->logfmt);
}

int field_keep(struct field *text, struct span value)
{
	if (value.size > text->allocated || text->allocated > KEPT_MAX) {
		size_t size = MAX(value.size, 512);
		char *data = malloc(size);

		if (!data)
			return -ENOMEM;
		free(text->data);
		text->data = data;
		text->allocated = size;
	}
	if (value.size > 0)
		memcpy(text->data, value.data, value.size);
	text->subject.text = (struct span){ text->data, value.size };
	text->subject.state = SUBJECT_UNREAD;
	text->asked = text->present = true;
	return 0;
}

int field_ask(struct field *text, const struct entry *entry)
{
	struct span value;
	int r;

	if (text->asked)
		return 0;
	r = entry_field(entry, text->field, &value);
	if (r < 0)
		return r;
	if (r > 0)
		return field_keep(text, value);
	text->asked = true;
	text->present = false;
	return 0;
}
