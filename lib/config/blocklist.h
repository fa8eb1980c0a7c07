#ifndef BANISH_CONFIG_BLOCKLIST_H
#define BANISH_CONFIG_BLOCKLIST_H

/*
 * A list of networks as others publish it, read piece by piece: a line's first word is an address
 * or a network (host bits may be set, they are cleared), the rest of the line is passed over. Lines
 * that are empty or begin with '#' or ';' do not count. Spamhaus' lines of JSON are read, too:
 * {"cidr":"1.10.16.0/20","sblid":"SBL256894","rir":"apnic"}
 *
 * Networks from where nothing comes over the Internet (private, loopback, multicast, unassigned)
 * are left out: a list of "bogons" must not close a mail server to its own office.
 */

#include "base/prefixset.h"

#define BLOCKLIST_MAX       1000000 /* networks */
#define BLOCKLIST_WORD_SIZE 64      /* bytes; no network is as long */

struct blocklist {
	struct prefixset networks; /* after blocklist_finish() sorted and merged */
	size_t n_left_out;
	unsigned line; /* the one that is read, from 1; 0: none was read yet */
	/* of that line */
	enum { BLOCKLIST_BEFORE, BLOCKLIST_INSIDE, BLOCKLIST_BEHIND } place;
	char word[BLOCKLIST_WORD_SIZE];
	size_t n_word;
};

/* The next bytes of the file. 0; -EINVAL: the first word of `line` is no network; -ERANGE: that
 * network is larger than any list should hold; -E2BIG: more than BLOCKLIST_MAX; -ENOMEM. */
int blocklist_feed(struct blocklist *list, struct span bytes) must_check;
/* That was all. The same errors. */
int blocklist_finish(struct blocklist *list) must_check;
void blocklist_done(struct blocklist *list);

#endif
