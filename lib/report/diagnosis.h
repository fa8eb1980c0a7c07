#ifndef BANISH_REPORT_DIAGNOSIS_H
#define BANISH_REPORT_DIAGNOSIS_H

/*
 * From what `banish status` found out to what is wrong, in sentences that say what to do. A problem
 * means that somebody who should be kept out is not, or soon will not be; a note is worth knowing.
 * What could not be looked at is no problem here.
 */

#include "base/types.h"
#include "base/util.h"

#define OVERLOOKED_SOURCE    128          /* bytes of its name */
#define OVERLOOKED_CONTAINER "container " /* what a container's begins with */

/* What systemd says of a unit. */
enum unit_state {
	UNIT_UNASKED, /* it gave no answer */
	UNIT_MISSING, /* there is no such unit */
	UNIT_ACTIVE,
	UNIT_STARTING, /* or waiting to be started again */
	UNIT_STOPPED,
	UNIT_FAILED,
};

/* Lines that a rule knows, in entries that no jail reads. */
struct overlooked {
	char rule[NAME_SIZE];
	char source[OVERLOOKED_SOURCE]; /* "dovecot3.service", "container mail" */
	char jail[NAME_SIZE];           /* one in force on that rule; "": none */
	uint64_t n, n_failures;         /* of the last lines of the source, of a day at most */
};

/* A jail in force, and what its rule reads. */
struct facts_jail {
	char name[NAME_SIZE];
	char rule[NAME_SIZE]; /* that it stands on */
	const char
		*unit; /* that it reads, one that runs if there is any; borrowed; NULL: none named
			*/
	enum unit_state unit_state;
	usec_t unit_begun; /* when its last start began: what it says of that comes later; 0: not
			      known */
	bool narrow;       /* the rule does not read all that the unit says */
	usec_t last_entry; /* that the rule reads, in the whole journal; 0: none */
	usec_t held_since, held_until; /* its breaker is open, until then at most; 0: it is not */
	usec_t hidden_said; /* that clients of its container are hidden; 0: not of late */
	bool built_in;      /* it reads no entries */
	usec_t silent_said; /* that the rule recognises nothing; 0: not, or it has since */
	usec_t reach_said;  /* that banned hosts go on failing; 0: not, or not of late */
	const char *shape;  /* of lines that name an address and a failure, and that no event takes;
			       NULL: none, or few */
	uint64_t n_shape;   /* of the last lines of a unit or container */
};

/* A list of networks of others. */
struct facts_list {
	const char *name, *file; /* borrowed */
	bool in_force;
	usec_t file_time; /* of the file that is in force */
};

struct facts {
	usec_t now;
	enum unit_state unit; /* banish.service */
	usec_t unit_since;    /* or since it read the configuration anew; 0: not known */
	const char *result;   /* how it failed, in systemd's words; NULL: not known */
	uint64_t restarts;    /* by systemd itself, since it was started by somebody */
	bool starts_at_boot;  /* or nothing is known of it */
	bool dry_run;

	bool sees_journal;
	usec_t oldest; /* entry of the journal, of any unit; 0: not known */

	const char *front;        /* of a proxy or NAT, see front.h; NULL: none */
	bool is_volatile;         /* the journal is in memory only */
	bool begins_late;         /* what came before `oldest` was deleted */
	usec_t reach, note_reach; /* a start reads it so far back: all, and notes of sessions */

	bool sees_state;
	usec_t position;       /* time of the entry up to which all has been read; 0: none */
	usec_t oldest_waiting; /* entry behind it that some rule reads; 0: none */
	uint64_t n_waiting;
	const char *state_trouble; /* what the daemon said of it last; NULL: none */

	bool sees_kernel, has_table;
	const char *table, *damage; /* damage: what is missing or wrong in it; NULL: nothing */
	const char *full;           /* set that takes no more; NULL: none */

	const char *config_fault; /* NULL: the files are right */
	const char *unresolved;   /* host name of ignoreip without an address; NULL: none */
	bool stale_config;        /* they are younger than what the daemon has read */

	struct facts_jail *jails; /* the caller's */
	size_t n_jails;
	const struct facts_list *lists; /* the caller's */
	size_t n_lists;
	const struct overlooked *overlooked; /* the caller's */
	size_t n_overlooked;
};

struct finding {
	bool problem;
	char *text; /* owned; one sentence or two, without a line end */
};

struct diagnosis {
	struct finding *findings; /* owned; problems first, the gravest at the top */
	size_t n_findings, n_problems;
};

/* -ENOMEM. */
int diagnose(const struct facts *facts, struct diagnosis *ret) must_check;
void diagnosis_done(struct diagnosis *diagnosis);

/* What reads no entry while others have what its rule knows: `now - last_entry` is so much. */
#define OVERLOOKED_AFTER USEC_PER_HOUR
/* A sentence about it, owned; NULL: no memory. `blind`: the jail reads nothing of late. */
char *overlooked_say(const struct overlooked *overlooked, bool blind) must_check;
/* What is hardly worth a sentence: no jail is missing for a failure or two. */
bool overlooked_matters(const struct overlooked *overlooked);

/* "active", "failed": as systemd says it; "unknown". */
const char *unit_state_name(enum unit_state state);

#endif
