#ifndef BANISH_DAEMON_VERBS_FAIL2BAN_H
#define BANISH_DAEMON_VERBS_FAIL2BAN_H

/* What fail2ban's own programs say where it is installed: of the journal's lines, and of its bans.
 */

#include "cli/options.h"
#include "import/proof.h"
#include "io/journal.h"

/* Lets fail2ban-regex judge the newest lines from `since` on that the jail reads, as does its rule,
 * and prints where they differ. -ENOENT: there is no such program; -ENOMEM and what the journal
 * answers. */
int fail2ban_compare(struct journal *journal, usec_t since, const char *folder,
		     const struct import_jail *jail, struct proof *proof) must_check;

/* Bans whom fail2ban's database (of a server that runs or not) has as banned, for the rest of their
 * time, in the jails of `common`'s configuration that took its jails over. -EINVAL: not all, it was
 * said why. */
int fail2ban_take_bans(const struct common *common, const struct import *import,
		       const char *database) must_check;

#endif
