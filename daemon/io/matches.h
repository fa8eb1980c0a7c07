#ifndef BANISH_DAEMON_IO_MATCHES_H
#define BANISH_DAEMON_IO_MATCHES_H

/* Journal matches of the rules in force: they keep out entries that no selector wants, so that
 * other units cost nothing. They only say that some rule may want an entry; rules look again. */

#include "match/ruleset.h"

#include <systemd/sd-journal.h>

/* MESSAGE_ID of journald's "Suppressed N messages from UNIT" (SD_MESSAGE_JOURNAL_DROPPED). */
#define JOURNAL_SUPPRESSED "a596d6fe7bfa4994828e72309e95d61e"

/* Each adds to the handle's matches, in libsystemd's way: those of one field are OR, of different
 * fields AND, after a disjunction OR. 0 or negative errno. */
int matches_add(sd_journal *handle, const char *field, const char *value) must_check;
/* ... and a disjunction behind it. */
int matches_add_selector(sd_journal *handle, const struct selector *selector) must_check;
int matches_add_ruleset(sd_journal *handle, const struct ruleset *ruleset) must_check;
/* What journald says that it dropped. */
int matches_add_suppressed(sd_journal *handle) must_check;

/* So few that they are cheaper than reading all. */
bool matches_are_few(const struct ruleset *ruleset);

#endif
