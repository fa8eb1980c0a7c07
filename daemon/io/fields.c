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
	fields->second[(unsigned char)(name[1] ?: '=')] = true;
	fields->n++;
	fields->walked = false;
	return 0;
}

void fields_clear(struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++)
		free(fields->list[i].name);
	memset(fields->second, 0, sizeof(fields->second));
	fields->n = 0;
	fields->walked = false;
}

void fields_done(struct fields *fields)
{
	fields_clear(fields);
	free(fields->bytes);
	free(fields->cursor);
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

static int fields_ask(struct fields *fields, const char *name, struct span *ret)
{
	size_t skip = strlen(name) + 1, size;
	const void *data;
	int r;

	r = sd_journal_get_data(fields->handle, name, &data, &size);
	if (r < 0)
		return r == -ENOENT ? 0 : answer_of(r);
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

/* All that is taken along, in one walk; a single field is asked for. */
static int fields_walk(struct fields *fields)
{
	struct journal_field *field;
	const char *data = NULL;
	struct span value = { 0 };
	size_t n_found = 0, size;
	int r = 1;

	for (size_t i = 0; i < fields->n; i++)
		fields->list[i].found = false;
	fields->used = 0;
	if (fields->n == 1) {
		r = fields_ask(fields, fields->list[0].name, &value);
		if (r > 0) {
			fetch_ahead(fields, value.data + value.size);
			r = fields_keep(fields, &fields->list[0], value);
		}
		return r;
	}
	sd_journal_restart_data(fields->handle);
	while (r >= 0 && n_found < fields->n) {
		r = answer_of(
			sd_journal_enumerate_data(fields->handle, (const void **)&data, &size));
		if (r <= 0)
			break;
		/* most begin with "_" */
		if (size < 2 || !fields->second[(unsigned char)data[1]])
			continue;
		for (field = fields->list; field < fields->list + fields->n; field++)
			if (size > field->name_size && data[field->name_size] == '=' &&
			    memcmp(data, field->name, field->name_size) == 0)
				break;
		if (field == fields->list + fields->n || field->found)
			continue;
		value.data = data + field->name_size + 1;
		value.size = size - field->name_size - 1;
		r = fields_keep(fields, field, value);
		n_found++;
	}
	if (data)
		fetch_ahead(fields, data + size);
	return r;
}

int fields_get(void *source, const char *name, struct span *ret)
{
	struct fields *fields = source;

	for (size_t i = 0; i < fields->n; i++) {
		struct journal_field *field = &fields->list[i];
		int r;

		if (strcmp(field->name, name) != 0)
			continue;
		r = fields->walked ? 0 : fields_walk(fields);
		if (r < 0)
			return r;
		fields->walked = true;
		if (field->found)
			*ret = (struct span){ fields->bytes + field->start, field->size };
		return field->found;
	}
	return fields_ask(fields, name, ret);
}

int fields_time(void *source, usec_t *ret)
{
	const struct fields *fields = source;

	return sd_journal_get_realtime_usec(fields->handle, ret);
}

int fields_cursor(void *source, struct span *ret)
{
	struct fields *fields = source;
	int r;

	free(fields->cursor);
	fields->cursor = NULL;
	r = sd_journal_get_cursor(fields->handle, &fields->cursor);
	if (r >= 0)
		*ret = span_of(fields->cursor);
	return r;
}
