#ifndef BANISH_CONFIG_PATTERN_H
#define BANISH_CONFIG_PATTERN_H

/* The text of a rule's patterns before PCRE2 sees it: what "define" puts in, and the anchor at its
 * start. */

#include "base/util.h"

#define PATTERN_MAX_SIZE (64 * 1024) /* bytes, everything put in */

struct define {
	char *name, *text; /* owned; the text is complete */
};

struct defines {
	struct define *list; /* owned */
	size_t n;
};

/* Puts in the text of each `%{name}`. "%{2}" is left alone: PCRE2 reads it as a quantifier. 0;
 * -ENOENT: `reterr_name` (borrowed from `text`) is not defined; -E2BIG: above PATTERN_MAX_SIZE;
 * -ENOMEM. */
int defines_expand(const struct defines *defines, const char *text, char **ret,
		   struct span *reterr_name) must_check;
void defines_done(struct defines *defines);

/* NULL if every match begins at the start of the text, as far as the pattern's text shows; else
 * "what: hint". It doubts rather than trusts: a pattern that is anchored in an unusual way is
 * refused too. */
const char *pattern_anchor_fault(const char *pattern);

/* The pattern seems to have a group of that name: no promise, PCRE2 decides. */
bool pattern_names_group(const char *pattern, const char *name);

#endif
