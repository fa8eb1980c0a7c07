#ifndef BANISH_LINT_SKELETON_H
#define BANISH_LINT_SKELETON_H

/*
 * The text of a rule file, guessed from one message: who and which user, the line as an anchored
 * pattern or as conditions on its keys, the message as an example and another with a hostile name.
 * A guess: whoever uses it has to look at it, and `check` looks, too.
 */

#include "base/util.h"

#define SKELETON_MESSAGE_MAX 4000 /* bytes */

/* `unit` and `identifier` may be NULL: not known. 1: `ret`, owned by the caller, ends with NUL; 0:
 * no address stands in the message, or it is too long or no text; -ENOMEM. */
int skeleton_of(struct span message, const char *unit, const char *identifier,
		char **ret) must_check;

#endif
