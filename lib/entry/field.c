#include "entry/field.h"

#include <errno.h>

#define KEPT_MAX (256U << 10) /* bytes; memory for a longer value goes with the next one */

void field_init(struct event_field *field, const char *name)
{
	*field = (struct event_field){ .name = name };
	field->subject.pairs = &field->pairs;
}

void field_done(struct event_field *field)
{
	free(field->data);
	pairs_done(&field->pairs);
}

int field_keep(struct event_field *field, struct span value)
{
	if (value.size > field->allocated || field->allocated > KEPT_MAX) {
		size_t size = MAX(value.size, 512);
		char *data = malloc(size);

		if (!data)
			return -ENOMEM;
		free(field->data);
		field->data = data;
		field->allocated = size;
	}
	if (value.size > 0)
		memcpy(field->data, value.data, value.size);
	field->subject.text = (struct span){ field->data, value.size };
	field->subject.state = SUBJECT_UNREAD;
	field->asked = field->present = true;
	return 0;
}

int field_ask(struct event_field *field, const struct entry *entry)
{
	struct span value;
	int r;

	if (field->asked)
		return 0;
	r = entry_field(entry, field->name, &value);
	if (r < 0)
		return r;
	if (r > 0)
		return field_keep(field, value);
	field->asked = true;
	field->present = false;
	return 0;
}
