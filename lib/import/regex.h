#ifndef BANISH_IMPORT_REGEX_H
#define BANISH_IMPORT_REGEX_H

/* fail2ban's failregex, a regular expression of Python with tags in it, as a pattern of a rule. */

#include "import/arena.h"

struct regex_told {
	const char *pattern;
	const char *error; /* why there is none; NULL: there is */
	bool address, user, session;
	bool nofail;   /* <F-NOFAIL>: it only tells what its session needs */
	bool gained;   /* <F-MLFGAINED>: a login */
	bool dropped;  /* its session was the process alone, which is no part of MESSAGE */
	bool searched; /* it may match anywhere in the line */
	bool names;    /* a host name could stand for the address */
};

/* `prefregex` NULL: none. `silent`: no groups are named. */
struct regex_told regex_translate(struct arena *arena, const char *prefregex, const char *failregex,
				  bool silent);

#endif
