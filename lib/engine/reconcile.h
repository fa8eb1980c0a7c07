#ifndef BANISH_ENGINE_RECONCILE_H
#define BANISH_ENGINE_RECONCILE_H

/*
 * The kernel's sets against the ledger. What others did (notices, elements that were listed) and
 * what stands (the sets and their handles) goes in; it goes into the ledger at once, and what is
 * left to do and to tell waits as actions that the caller takes, carries out one after the other,
 * and answers. No action depends on what was lost with a crash: a start that installs and compares
 * comes to the same end from the ledger's durable part, whichever action was the last.
 *
 * What an element means, by the ban's state in the ledger and its home (home.h):
 *
 *                          it is there, with          it is there, otherwise    it is absent
 *                          its time
 *   no ban runs            -                          ADOPTED; ours, exempt:    -
 *                                                     DELETE
 *   decided, not placed    placed                     ADOPTED; ours: PUT        PUT
 *   placed, home kept      -                          ADOPTED; ours: PUT        LIFTED
 *   placed, home strange   -                          ADOPTED; ours: PUT        PUT
 *   no home                - (its set goes with the jail, or is made when there is room)
 *
 * "Ours": its comment is one that we write to automatic bans, so it was saved once and loaded
 * again. Where the ledger is not there (the first start) or damaged, even those are adopted. A key
 * with host bits keeps nobody out: the ban is taken in under its prefix, that is PUT, the key
 * DELETEd.
 *
 * What a notice means, by what was done since all waiting notices were read last:
 *
 *   state      enters when                  added              deleted           leaves when
 *   in step    -                            as above           LIFTED            -
 *   wrote      we sent anything             as above, looked   LIFTED, looked    none waits
 *                                           at again           at again
 *   restored   an element came with its     looked at again, of such a           settled: INSTALL
 *              set, table or rules          transaction
 *   resync     notices were lost            (they are gone)                      LIST, FILL done
 *   mending    table, set, rule lost        as in wrote                          FILL is done
 *   tired      mended 20 times in 10 s      as in wrote                          the next RETRY
 *
 * What fails (INSTALL, LIST, FIND, a PUT, a DELETE) is owed until the next RETRY; nothing is
 * inferred from a list that failed, nor from a set that refused a ban. What a notice adds while we
 * are not in step counts as decided, not as placed: its set may be another one by now.
 *
 * "Looked at again": once no notice waits, FIND, and what the ledger says is PUT or DELETEd. What
 * we wrote may be newer than what a waiting notice tells, the ledger is newer than both. But what
 * is absent from a home that is kept is not put back: that notice may be lost, so it is LIFTED.
 *
 * The order of actions, each step only if it is wanted: INSTALL, LIST (FIND for each ban that it
 * lacks, IDENTIFY, LIST again if one was there), fill (PUT), RECORD, settle (LENGTHS, FIND, PUT and
 * DELETE). PUT and DELETE may be gathered, and sent before the next action that is neither one
 * nor a sentence.
 */

#include "engine/reconcile-action.h"

int reconcile_new(struct reconcile **ret) must_check;
struct reconcile *reconcile_free(struct reconcile *reconcile);
DEFINE_CLEANUP(struct reconcile *, reconcile_free)

/* From now on by this engine, and its ledger; borrowed. */
void reconcile_enter(struct reconcile *reconcile, struct engine *engine);
/* The ledger was damaged: until all was listed the kernel may know more. */
void reconcile_doubt(struct reconcile *reconcile);

/* The time of all that comes until this is told again, and the last entry that was consumed (its
 * cursor is borrowed that long). */
void reconcile_at(struct reconcile *reconcile, usec_t now, const struct position *position);

/* Something failed: RECONCILE_WANT_RETRY is to come in a few seconds. */
bool reconcile_owes(const struct reconcile *reconcile);
/* The notices were read, and none waited: all that were made before are known. */
void reconcile_quiet(struct reconcile *reconcile);

/* 0 or -ENOMEM. */
int reconcile_notice(struct reconcile *reconcile, const struct nft_notice *notice) must_check;

/* 1; 0: there is no more to do; -ENOMEM. */
int reconcile_take(struct reconcile *reconcile, struct reconcile_action *ret) must_check;

/* Answers: 0 or -ENOMEM; `error`: 0, or a negative errno that the caller has said: all that was
 * wanted is tried again at the next RECONCILE_WANT_RETRY. */
/* What stands, by the table's handle and those of its sets. */
int reconcile_stands(struct reconcile *reconcile, uint64_t table, const struct home_set *sets,
		     size_t n_sets) must_check;
void reconcile_installed(struct reconcile *reconcile, int error);
int reconcile_element(struct reconcile *reconcile, const struct nft_element *element) must_check;
int reconcile_listed(struct reconcile *reconcile, int error) must_check;
/* `found`: 1, 0, -ENOENT (no such set), or another error. */
void reconcile_found(struct reconcile *reconcile, int found, usec_t remaining);
int reconcile_identified(struct reconcile *reconcile, int error) must_check;
int reconcile_record(struct reconcile *reconcile) must_check;
/* A change, of PUT or DELETE or of the caller's own, was acknowledged or refused. `ban` 0: it was a
 * deletion. */
int reconcile_sent(struct reconcile *reconcile, uint64_t ban, const char *jail,
		   const struct address *address, int error) must_check;

/* Where bans stand, as it was told last. */
const struct homes *reconcile_homes(const struct reconcile *reconcile);
/* The ban was decided, and is to be put into its home. */
bool reconcile_is_due(const struct reconcile *reconcile, const struct ban *ban);
/* Before reconcile_installed(): bans up to that number were put into the sets that are empty, in
 * the transaction that made them, so that an absence there was an unban since. `whole`: those are
 * all. */
int reconcile_first_done(struct reconcile *reconcile, uint64_t last, bool whole) must_check;

#endif
