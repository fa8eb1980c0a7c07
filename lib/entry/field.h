#ifndef BANISH_ENTRY_FIELD_H
#define BANISH_ENTRY_FIELD_H

/* A field of an entry that events match on. The source's bytes only last until the next question,
 * so what is matched is a copy. */

#include "base/util.h"
#include "config/event.h"
#include "entry/entry.h"
#include "entry/pairs.h"

/* A text to be matched by many. Its keys are read when the first event asks that has some. */
struct subject {
	struct span text;
	struct pairs *pairs; /* borrowed: where the keys are kept */
	enum { SUBJECT_UNREAD, SUBJECT_READ, SUBJECT_NO_PAIRS } state;
	enum event_format format; /* as what they were read, and from where on */
	size_t start;
};

struct event_field {
	const char *name; /* borrowed */
	bool asked, present;
	char *data; /* owned */
	size_t allocated;
	struct subject subject;
	struct pairs pairs;
};

/* The subject points into the field: it must not move afterwards. */
void field_init(struct event_field *field, const char *name);
void field_done(struct event_field *field);

/* Copies what the source answered. 0 or -ENOMEM. */
int field_keep(struct event_field *field, struct span value) must_check;

/* Asks the entry, once. 0, then `present` tells; negative errno. */
int field_ask(struct event_field *field, const struct entry *entry) must_check;

#endif
