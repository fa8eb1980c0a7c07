#include "io/fields.h"

#include <errno.h>

#define AHEAD      8192 /* bytes: ten entries or so */
#define CACHE_LINE 64   /* bytes */

int fields_add(struct fields *fields, const char *name)
{
	struct journal_field *field = &fields->list[fields->n];

	for (size_t i = 0; i < fields->n; i++)
		if (strcmp(fields->list[i].name, name) == 0)
			return 0;
	if (fields->n == FIELDS_MAX)
		return 0;
	*field = (struct journal_field){ .name = strdup(name), .name_size = strlen(name) };
	if (!field->name)
		return -ENOMEM;
	fields->n++;
	fields->walked = false;
	return 0;
}

void fields_done(struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++)
		free(fields->list[i].name);
	free(fields->bytes);
	*fields = (struct fields){ 0 };
}

/*
 * The journal is appended to: the entries that come next lie behind what was written last of this
 * one. Their bytes are in no cache, and to wait for them took a tenth of the time of a replay;
 * asked for now they come while this entry is looked at. A hint: where nothing is mapped, or
 * libsystemd answered with a copy, it is for nothing.
 */
static void fetch_ahead(struct fields *fields, const void *last)
{
	uintptr_t begin = (uintptr_t)last, end = begin + AHEAD;

	if (fields->fetched > begin && fields->fetched < end)
		begin = fields->fetched;
	for (uintptr_t i = begin; i < end; i += CACHE_LINE)
		__builtin_prefetch((const void *)i, 0, 1);
	fields->fetched = end;
}

/* For one wrong bit in an entry libsystemd answers -ENOMEM, -EFBIG or -EPROTONOSUPPORT as well
 * (252): whatever it is, nobody can read that entry, and to end for it would be to meet it again.
 */
static int answer_of(int r)
{
	return r < 0 ? -EBADMSG : r;
}

static int fields_ask(sd_journal *handle, const char *name, struct span *ret)
{
	size_t skip = strlen(name) + 1, size;
	const void *data;
	int r;

	r = sd_journal_get_data(handle, name, &data, &size);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return answer_of(r);
	*ret = (struct span){ (const char *)data + skip, size - skip };
	return 1;
}

/* libsystemd forgets what it answered at the next call. */
static int fields_keep(struct fields *fields, struct journal_field *field, struct span value)
{
	if (value.size >= fields->room - fields->used) {
		size_t room = MAX(fields->used + value.size + 1, 512);
		char *bytes = realloc(fields->bytes, room);

		if (!bytes)
			return -ENOMEM;
		fields->bytes = bytes;
		fields->room = room;
	}
	if (value.size > 0)
		memcpy(fields->bytes + fields->used, value.data, value.size);
	field->start = fields->used;
	field->size = value.size;
	field->found = true;
	fields->used += value.size;
	return 0;
}

/* Which of those that are still wanted is this? NULL: none. */
static struct journal_field *recognise(struct fields *fields, const char *data, size_t size)
{
	for (size_t i = 0; i < fields->n; i++) {
		struct journal_field *field = &fields->list[i];

		if (size > field->name_size && data[field->name_size] == '=' &&
		    memcmp(data, field->name, field->name_size) == 0)
			return field->found ? NULL : field;
	}
	return NULL;
}

static int fields_walk(struct fields *fields, sd_journal *handle)
{
	size_t n_found = 0, size;
	const void *data = NULL;
	int r = 0;

	sd_journal_restart_data(handle);
	while (n_found < fields->n &&
	       (r = answer_of(sd_journal_enumerate_data(handle, &data, &size))) > 0) {
		struct journal_field *field = recognise(fields, data, size);
		size_t skip;

		if (!field)
			continue;
		skip = field->name_size + 1;
		r = fields_keep(fields, field,
				(struct span){ (const char *)data + skip, size - skip });
		if (r < 0)
			return r;
		n_found++;
	}
	if (data)
		fetch_ahead(fields, (const char *)data + size);
	return r;
}

static int ask_only(struct fields *fields, sd_journal *handle)
{
	struct span value;
	int r;

	r = fields_ask(handle, fields->list[0].name, &value);
	if (r <= 0)
		return r;
	fetch_ahead(fields, value.data + value.size);
	return fields_keep(fields, &fields->list[0], value);
}

static int fields_read_entry(struct fields *fields, sd_journal *handle)
{
	int r;

	for (size_t i = 0; i < fields->n; i++)
		fields->list[i].found = false;
	fields->used = 0;
	r = fields->n == 1 ? ask_only(fields, handle) : fields_walk(fields, handle);
	fields->walked = r >= 0;
	return r;
}

int fields_get(struct fields *fields, sd_journal *handle, const char *name, struct span *ret)
{
	for (size_t i = 0; i < fields->n; i++) {
		struct journal_field *field = &fields->list[i];
		int r;

		if (strcmp(field->name, name) != 0)
			continue;
		r = fields->walked ? 0 : fields_read_entry(fields, handle);
		if (r < 0)
			return r;
		if (field->found)
			*ret = (struct span){ fields->bytes + field->start, field->size };
		return field->found;
	}
	return fields_ask(handle, name, ret);
}
