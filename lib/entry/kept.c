#include "entry/kept.h"

#include <errno.h>

#define KEPT_MAX (16U << 10) /* bytes; memory for a longer value goes with the next entry */

struct kept_field {
	char *name, *data;         /* owned */
	const struct entry *entry; /* that was asked */
	size_t size, allocated;
	bool asked, present;
};

void kept_look_at(struct kept *kept, const struct entry *entry)
{
	kept->entry = entry;
}

void kept_begin(struct kept *kept, const struct entry *entry)
{
	kept_look_at(kept, entry);
	for (size_t i = 0; i < kept->n; i++) {
		struct kept_field *field = &kept->list[i];

		field->asked = false;
		if (field->allocated > KEPT_MAX) {
			free(TAKE_PTR(field->data));
			field->allocated = 0;
		}
	}
}

void kept_done(struct kept *kept)
{
	for (size_t i = 0; i < kept->n; i++) {
		free(kept->list[i].name);
		free(kept->list[i].data);
	}
	free(kept->list);
	*kept = (struct kept){ 0 };
}

static int kept_find(struct kept *kept, const char *name, struct kept_field **ret)
{
	struct kept_field *list;

	*ret = NULL;
	for (size_t i = 0; i < kept->n; i++) {
		struct kept_field *field = &kept->list[i];

		if (strcmp(field->name, name) != 0)
			continue;
		if (field->asked && field->entry == kept->entry) {
			*ret = field;
			return 0;
		}
		if (!field->asked)
			*ret = field;
	}
	if (*ret)
		return 0;
	list = realloc(kept->list, (kept->n + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	kept->list = list;
	*ret = &list[kept->n];
	**ret = (struct kept_field){ .name = strdup(name) };
	if (!(*ret)->name)
		return -ENOMEM;
	kept->n++;
	return 0;
}

static int kept_ask(struct kept *kept, struct kept_field *field)
{
	struct span value;
	int r = kept->entry ? entry_field(kept->entry, field->name, &value) : 0;

	if (r < 0)
		return r;
	if (r > 0 && value.size >= field->allocated) {
		char *data = realloc(field->data, value.size + 1);

		if (!data)
			return -ENOMEM;
		field->data = data;
		field->allocated = value.size + 1;
	}
	if (r > 0) {
		field->size = value.size;
		if (value.size > 0)
			memcpy(field->data, value.data, value.size);
	}
	field->entry = kept->entry;
	field->present = r > 0;
	field->asked = true;
	return 0;
}

int kept_get(struct kept *kept, const char *name, struct span *ret)
{
	struct kept_field *field;
	int r;

	r = kept_find(kept, name, &field);
	if (r == 0 && !field->asked)
		r = kept_ask(kept, field);
	if (r < 0 || !field->present)
		return r;
	*ret = (struct span){ field->data, field->size };
	return 1;
}
