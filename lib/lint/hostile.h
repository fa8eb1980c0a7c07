#ifndef BANISH_LINT_HOSTILE_H
#define BANISH_LINT_HOSTILE_H

/*
 * What a client could write in the place of a user name to have somebody else banned: texts that
 * look like the rest of a line of Dovecot, mox, sshd or Postfix, and the rest of the very line that
 * is attacked, each with the address of a victim.
 */

#include "base/util.h"
#include "config/rule.h"

#define HOSTILE_TEXT_MAX 4096 /* bytes */

/* How a client's text stands in a line. */
enum hostile_quoting { QUOTING_NONE, QUOTING_LOGFMT, QUOTING_JSON };

/* Where in a line it stands. */
struct hostile_place {
	struct span text; /* what is replaced: the text itself, or all of a value, quotes and all */
	struct span value; /* if it is quoted: the value, of which the text may be a part */
	enum hostile_quoting quoting;
};

#define HOSTILE_PLACES_MAX 8

/* A line, and where in it the client's text and the true address stand. All borrow. */
struct hostile_target {
	struct span line, name;
	struct span address; /* data NULL, or not in the line: there is none */
	struct hostile_place places[HOSTILE_PLACES_MAX]; /* in the order of the line */
	size_t n_places;
};

/* Adds, in their order, the places of a text that is not quoted: `captured`, if that is part of it,
 * and wherever else the name stands as a word of its own. */
void hostile_find(struct hostile_target *target, struct span text, struct span captured);

/* Whether the value holds the name as a word of its own. */
bool hostile_holds(struct span value, struct span name);

/* The value with `text` in place of the name; with no name in it, `text`. Owned by the caller. 0 or
 * -ENOMEM. */
int hostile_replace(struct span value, struct span name, struct span text, char **ret,
		    size_t *ret_size) must_check;

/* The i-th hostile text for this place; `place` beyond the last: for none of them. Its length; 0:
 * there is no i-th. */
size_t hostile_text(const struct hostile_target *target, size_t place, unsigned i,
		    char buffer[static HOSTILE_TEXT_MAX]);

/* The line with this text at one place, or (SIZE_MAX) at all; owned by the caller. 0 or -ENOMEM. */
int hostile_line(const struct hostile_target *target, size_t place, struct span text, char **ret,
		 size_t *ret_size) must_check;

#endif
