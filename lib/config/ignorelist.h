#ifndef BANISH_CONFIG_IGNORELIST_H
#define BANISH_CONFIG_IGNORELIST_H

/*
 * Who is never banned, as people write it: the entries of ignoreip, and lists, which are files with
 * one entry a line. An entry is an address, a network, or a host name; in ignoreip also the
 * absolute path of a list. What looks like an address is one, or a fault: a typing error never
 * becomes a name.
 */

#include "base/address.h"
#include "base/fault.h"
#include "base/util.h"

#define IGNORE_ERROR_SIZE 256   /* bytes, the final NUL included */
#define IGNORE_MAX_NAMES  256   /* in all: each is a question to the DNS, again and again */
#define IGNORE_MAX_LIST   65536 /* addresses and networks in all */
#define IGNORE_MAX_ANSWER 64    /* addresses of one name: whoever rules it chooses them */

struct ignore_entry {
	enum ignore_kind { IGNORE_PREFIX, IGNORE_NAME, IGNORE_FILE } kind;
	struct prefix prefix; /* of IGNORE_PREFIX */
};

/* 0; 1: taken, and `reterr` holds a note; -EINVAL: it holds "what: hint", of printable characters.
 */
int ignore_parse_entry(struct span text, struct ignore_entry *ret,
		       char reterr[static IGNORE_ERROR_SIZE]) must_check;

struct ignorelist {
	struct prefix *prefixes; /* owned; in the order of the file */
	size_t n_prefixes;
	char **names; /* owned; in lower case, each once */
	size_t n_names;
};

void ignorelist_done(struct ignorelist *list);
struct ignorelist *ignorelist_free(struct ignorelist *list);
DEFINE_CLEANUP(struct ignorelist *, ignorelist_free)

/* 0; -E2BIG: there are too many already; -ENOMEM. A name that is there already counts once. */
int ignorelist_add_prefix(struct ignorelist *list, const struct prefix *prefix) must_check;
int ignorelist_add_name(struct ignorelist *list, struct span name) must_check;

bool ignorelist_equal(const struct ignorelist *a, const struct ignorelist *b);

enum ignore_source {
	IGNORE_LIST,   /* written by people */
	IGNORE_ANSWER, /* what a name stands for: single addresses only, IGNORE_MAX_ANSWER of them
			*/
};

/* One entry a line; empty lines and what follows a '#' do not count. `file` is only quoted in
 * faults. 0; -EINVAL with at least one fault; -ENOMEM. */
int ignorelist_parse(const char *file, struct span text, enum ignore_source source,
		     struct faults *faults, struct ignorelist **ret) must_check;

#endif
