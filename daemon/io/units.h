#ifndef BANISH_DAEMON_IO_UNITS_H
#define BANISH_DAEMON_IO_UNITS_H

/* What systemd says of units, over its bus; only read, and never waited for longer than a moment.
 */

#include "report/diagnosis.h"

struct unit {
	enum unit_state state;
	usec_t since; /* when it came into that state; 0: not known */
	usec_t begun; /* when its last start began, before the first word it says; 0: not known */
	char *result; /* how a service failed, "exit-code"; owned; NULL: not known */
	bool counts_restarts; /* else `restarts` says nothing */
	uint64_t restarts;    /* by systemd itself */
	uint32_t process;     /* 0: none */
	bool starts_at_boot;  /* or that is not known */
};

struct units;

/* Without a systemd that answers every unit is UNIT_UNASKED. -ENOMEM. */
int units_open(struct units **ret) must_check;
struct units *units_free(struct units *units);
DEFINE_CLEANUP(struct units *, units_free)

/* Asks once, and not again after a failure. -ENOMEM. */
int units_ask(struct units *units, const char *name, struct unit *ret) must_check;
void unit_done(struct unit *unit);

#endif
