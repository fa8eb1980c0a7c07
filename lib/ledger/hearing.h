#ifndef BANISH_LEDGER_HEARING_H
#define BANISH_LEDGER_HEARING_H

/* What heard.h is made of. */

#include "base/table.h"
#include "ledger/ban.h"

#define MEMBER_NAME_SIZE 65 /* bytes, NUL included */

#define HEARD_MAX_MEMBERS 1024
#define HEARD_MAX         65536 /* prefixes, one a member; 170 bytes each */
#define HEARD_BANS        4     /* of one of them that are known again */

#define HEARD_LIFE  USEC_PER_WEEK        /* what is older is not taken */
#define HEARD_AHEAD (600 * USEC_PER_SEC) /* a clock may be so much ahead of ours */

#define HEARD_SELF 0 /* the member that we are: what was done by hand here */

/* Why an entry was not taken. */
enum refusal {
	REFUSED_OTHER,     /* no ban and no unban of banish.service */
	REFUSED_ECHO,      /* what the member's own jail fleet decided, and it is no hub */
	REFUSED_OWN,       /* it names our own machine */
	REFUSED_MALFORMED, /* a field is missing, too long or makes no sense */
	REFUSED_AHEAD,     /* its time is further ahead than HEARD_AHEAD */
	REFUSED_OLD,       /* it is older than HEARD_LIFE, or than what had to be forgotten */
	REFUSED_AGAIN,     /* it was told before */
	N_REFUSALS
};

/* As the state file and `banish status --json` name it. */
extern const char *const refusal_names[N_REFUSALS];

struct member {
	char name[MEMBER_NAME_SIZE]; /* "": HEARD_SELF */
	char *cursor;                /* owned; of the last entry that was read; NULL: none */
	usec_t time, heard;          /* of that entry; when it was read */
	uint64_t taken, refused[N_REFUSALS];
	usec_t horizon; /* what is not younger is not taken */
};

/* What a member told of one prefix. */
struct heard {
	struct table_head head;
	struct prefix prefix;
	uint16_t member;
	bool unsaved;
	uint8_t n;
	uint8_t spent;   /* a bit a ban */
	usec_t unbanned; /* 0: never */
	usec_t floor;    /* bans up to that time are not known any more */
	usec_t times[HEARD_BANS];
	uint64_t keys[HEARD_BANS];
};

struct member_record {
	struct member member;
	struct table_list list; /* what it told, the longest unchanged first */
	bool unsaved;
};

struct hearing {
	struct member_record *members; /* owned */
	size_t n_members, max_members;
	struct table table;
	uint32_t *unsaved; /* owned: indexes of the table */
	size_t n_unsaved, max_unsaved;
};

#endif
