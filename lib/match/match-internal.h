#ifndef BANISH_MATCH_MATCH_INTERNAL_H
#define BANISH_MATCH_MATCH_INTERNAL_H

/* Shared by match.c (one event over one text) and match-compile.c (how an event is compiled). */

#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>

struct event;

#define MAX_GROUPS    64 /* with named ones below: fixes the size of the match data */
#define MAX_SAME_NAME 8

/* The numbers a name has: with (?J) or in alternatives one name can stand at several
   groups. */
struct match_group {
	unsigned numbers[MAX_SAME_NAME];
	unsigned n_numbers;
};

enum { GROUP_ADDRESS, GROUP_USER, GROUP_ATTEMPTS, GROUP_SESSION, GROUP_SECRET, N_GROUPS };

struct match {
	const struct event *event; /* borrowed */
	pcre2_code *code;          /* NULL for logfmt */
	struct match_group groups[N_GROUPS];
};

#endif
