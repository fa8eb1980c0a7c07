#ifndef BANISH_IMPORT_JAIL_H
#define BANISH_IMPORT_JAIL_H

/* What became of fail2ban's jails, and what is written of it. All texts lie in the import's arena.
 */

#include "base/ports.h"
#include "base/types.h"
#include "config/event.h"
#include "import/ini.h"

enum import_fate {
	IMPORT_MAPPED,     /* to a shipped rule */
	IMPORT_JOINED,     /* the same, and it comes into a jail before it that has that rule */
	IMPORT_TRANSLATED, /* to a rule of the jail's name */
	IMPORT_LISTED,     /* it is not taken, see `reason` */
};

struct import_note {
	const char *text;
	struct import_note *next;
};

struct import_event {
	const char *name, *pattern;
	const char *source; /* what fail2ban matches */
	enum outcome outcome;
	bool address;        /* a line must tell one */
	bool user;           /* a line can tell one */
	const char *dropped; /* why it is not in the rule; NULL: it is */
	/* an example; NULL: none, not said */
	const char *message, *message_address, *message_user;
	bool observed; /* the message stands in the journal */
	struct import_event *next;
};

/* A key of the policy, as JSON, and where fail2ban has it from; text NULL: it is not written. */
struct import_value {
	const char *text;
	const struct ini_option *from; /* NULL: fail2ban's own default */
};
enum import_key {
	KEY_MODE,
	KEY_MAXRETRY,
	KEY_FINDTIME,
	KEY_BANTIME,
	KEY_INCREMENT,
	KEY_ACTION,
	N_KEYS,
};
extern const char *const import_keys[N_KEYS];

struct import_jail {
	const char *name;      /* fail2ban's */
	const char *rule, *as; /* banish's: of the rule, and of the jail */
	const char *filter;
	const char *given; /* the filter with its options, as fail2ban's programs take it; NULL:
			    * the jail overrules it */
	enum import_fate fate;
	const char *reason;
	struct import_note *notes; /* what is not as it was */
	struct import_value values[N_KEYS];
	struct ports ports;            /* owned */
	const struct ini_option *port; /* where they are from */
	const char *journal;           /* JSON: the rule's "journal" */
	struct import_event *events;
	struct import_jail *next;
};

struct import {
	struct arena arena;
	struct ini ini; /* jail.conf and what belongs to it */
	struct import_files files;
	struct import_value defaults[N_KEYS];
	struct import_note *notes; /* of no jail */
	const char *ignoreip;      /* JSON */
	const struct ini_option *ignoreip_from;
	bool ignoreself;
	struct import_jail *jails;
};

/* A note is told once. */
void import_note(struct arena *arena, struct import_note **notes, const char *format, ...)
	printf_like(3, 4);

#endif
