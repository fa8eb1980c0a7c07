#ifndef BANISH_LEDGER_ENCODE_H
#define BANISH_LEDGER_ENCODE_H

/*
 * The ledger as lines of JSON, one commit a line, so that a torn line loses a whole commit and
 * never half of one:
 *
 *   {"v":1,"line":12,"cursor":"s=...","time":1763769600000000,"changes":[
 *     {"ban":{"id":7,"jail":"dovecot","prefix":"203.0.113.7/32","address":"203.0.113.7","since":1763769600000000,
 *             "until":1763773200000000,"event":"auth-failed","failures":5,"offence":1,"cursor":"s=..."}},
 *     {"placed":7},
 *     {"until":{"id":7,"until":null}},
 *     {"reason":{"id":8,"reason":"called twice"}},
 *     {"unban":{"id":7,"time":1763769700000000,"after":{"time":1763769699000000,"cursor":"s=..."}}}],
 *    "checksum":"0123456789abcdef"}
 *
 * What the fleet told (heard.h) stands there, too: how far a member is read, and all that it told
 * of a prefix, each as it is now:
 *
 *     {"member":{"name":"mx2","cursor":"s=...","time":1763769600000000,"heard":1763769600100000,"taken":9,
 *                "refused":{"again":1}}},
 *     {"heard":{"member":"mx2","prefix":"203.0.113.7/32",
 *               "bans":[{"time":1763769600000000,"key":"0123456789abcdef","spent":true}],"unbanned":1763769700000000}}
 *
 * Where journals of several machines are followed (followed.h), how far each is read:
 *
 *     {"followed":{"name":"mx1","cursor":"s=...","time":1763769600000000,"heard":1763769600100000,"taken":9}}
 *
 * "line" counts from 1, so that a line that is missing or doubled is noticed, and "checksum" is the
 * hash_identity() of all that stands before its comma. 0.1.0 wrote neither, and what lacks them is
 * taken as it is. The last lines of a file may be missing as if they had never been written.
 *
 * A manual ban has "manual":true instead of event, failures, offence and cursor, and "reason" where
 * one was given. Where the kernel's table, or one of its sets, is another one than before, the
 * table's mark stands in "table", and in "sets" the handles of the sets that hold all bans:
 * {"dovecot4":12}. {"told":N}: of the bans up to that number, and of all that ended in earlier
 * changes, the journal was told; "ended" in "until" is why banish ends the ban, until it is told,
 * or "hand": what somebody did is to be told. A compacted file holds the same kind of lines. Times
 * are microseconds since 1970; "until" null is for good (so is a time past 2^53, the last that JSON
 * numbers hold exactly); "failures" are attempts, with one decimal if need be.
 */

#include "ledger/followed.h"
#include "ledger/heard.h"
#include "ledger/ledger.h"

#define LEDGER_VERSION   1
#define LEDGER_MAX_EXACT ((uint64_t)1 << 53) /* from there on a JSON number is not exact */

/* One line, newline and NUL included, of the position and all that is not saved yet; owned by the
 * caller. When it lies on the disk, tell ledger_saved(); if it could not be written, the next line
 * holds all of it again. -ENOMEM. */
int ledger_encode(struct ledger *ledger, char **ret) must_check;

/* How far the lines below are read; all zero at first. */
struct ledger_place {
	const struct ban *last;
	const struct heard *last_heard;
	uint64_t n_lines;
};
/* The whole ledger as it stands, in lines (as above) of bounded length, one after the other: a new
 * file's contents, after which all counts as saved. The ledger must not change in between. 1: a
 * line, owned by the caller; 0: there is no more; -ENOMEM. */
int ledger_encode_next(struct ledger *ledger, struct ledger_place *place, char **ret) must_check;

/* True when the lines written since the last compaction outweigh what a compacted file would hold.
 * `size`: bytes of the file now. */
bool ledger_wants_compaction(const struct ledger *ledger, uint64_t size);

/* Reads one line of these (without its newline) into the ledger. 0, or how many changes of it
 * make no sense and were passed over. Nothing of it was read: -EBADMSG: not a commit, or not as it
 * was written, or read before; -EPROTONOSUPPORT: a commit of another version; -ENOMEM. */
int ledger_decode(struct ledger *ledger, struct span line) must_check;
/* Lines that are missing before or between those that were read. */
uint64_t ledger_n_missing(const struct ledger *ledger);

/* How a line ends of which this is the text so far. */
#define LEDGER_END_SIZE 32 /* bytes, NUL included */
const char *encode_end(struct span text, char ret[static LEDGER_END_SIZE]);

/* "jail" for END_JAIL_GONE ...; NULL: there is no such name. */
const char *encode_end_name(enum ban_end why);

#endif
