#ifndef BANISH_DAEMON_RUN_HEAR_H
#define BANISH_DAEMON_RUN_HEAR_H

/*
 * What others do to the table. Who may change it: everybody with the right to. An element that
 * somebody deletes is an unban, one that somebody adds is a ban by hand; a lost table, chain, rule
 * or set is damage and is mended at once, since no administrator unbans people by deleting half a
 * firewall.
 */

#include "run/firewall.h"

/* From now on what others do is heard; what they did since firewall_open() is made good. */
int hear_begin(struct firewall *firewall) must_check;
/* Takes the notices that wait. 1: there were some; 0: none; -ENOMEM; what else fails was said. What
 * they made necessary are bits. */
int hear_notices(struct firewall *firewall) must_check;
/* The kernel's elements against the ledger. */
int hear_compare(struct firewall *firewall) must_check;
/* When no notices wait that were made before we last wrote to the sets: the elements that they told
 * of are made as the ledger says. */
int hear_settle(struct firewall *firewall) must_check;
/* The table was mended, with so many bans: who damaged it is said. */
void hear_mended(struct firewall *firewall, size_t n_bans);

#endif
