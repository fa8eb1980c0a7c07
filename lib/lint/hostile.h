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

/* A line, and where in it the client's text and the true address stand. */
struct hostile_target {
	struct span head, tail; /* before and behind the client's text */
	struct span address;    /* in one of them; data NULL: in neither */
	bool logfmt;            /* the text is put between them quoted */
};

/* The i-th hostile text for this target. Its length; 0: there is no i-th. */
size_t hostile_text(const struct hostile_target *target, unsigned i,
		    char buffer[static HOSTILE_TEXT_MAX]);

/* The line with this text in it, owned by the caller. 0 or -ENOMEM. */
int hostile_line(const struct hostile_target *target, struct span text, char **ret,
		 size_t *ret_size) must_check;

#endif
