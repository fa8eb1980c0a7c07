#ifndef BANISH_DAEMON_IO_FIELDS_H
#define BANISH_DAEMON_IO_FIELDS_H

/*
 * The entry that a journal stands on, as struct entry asks for it. sd_journal_get_data() walks over
 * the entry anew for each question, half a microsecond for each five fields or so (libsystemd 252);
 * so what is asked of nearly every entry is taken along in one walk, and kept until the next entry.
 */

#include "base/util.h"

#include <systemd/sd-journal.h>

#define FIELDS_MAX 8 /* taken along; of more the others are asked one by one */

struct journal_field {
	char *name; /* owned */
	size_t name_size;
	bool found;
	size_t start, size; /* of the value, in `bytes` */
};

struct fields {
	sd_journal *handle; /* borrowed */
	char *cursor;       /* owned: what fields_cursor() answered last */
	struct journal_field list[FIELDS_MAX];
	size_t n;
	bool second[256]; /* some name has this as its second byte */
	bool walked;      /* over the entry that the journal stands on */
	char *bytes;      /* owned: the values */
	size_t used, room;
	uintptr_t fetched; /* so far the journal's bytes were asked for */
};

/* From now on, the next entry first, this field is taken along. -ENOMEM. */
int fields_add(struct fields *fields, const char *name) must_check;
/* None are. */
void fields_clear(struct fields *fields);
void fields_done(struct fields *fields);

/* The journal has moved. */
static inline void fields_forget(struct fields *fields)
{
	fields->walked = false;
}

/* For struct entry; `source` is the struct fields. */
/* First value of a field. 1: found; `ret` borrows until the next question if the field is not taken
 * along, else until the journal moves. 0: no such field; -EBADMSG: the entry is damaged; -ENOMEM.
 */
int fields_get(void *source, const char *name, struct span *ret) must_check;
int fields_time(void *source, usec_t *ret) must_check;
int fields_cursor(void *source, struct span *ret) must_check;

#endif
