#ifndef BANISH_MATCH_HITS_H
#define BANISH_MATCH_HITS_H

/* The hits of a scan as bytes, from one process to another of the same program that has the same
 * rules: the jails and events are told by their numbers. */

#include "base/buffer.h"
#include "match/ruleset.h"

/* Appends those of the last scan. */
void hits_pack(const struct ruleset *ruleset, struct buffer *buffer);
/* From now on these are the ruleset's: an entry that says that it was scanned has them. Takes them
 * off the front of the bytes, which are borrowed until the next scan. 0; -EBADMSG: it was not
 * hits_pack() that wrote them. */
int hits_unpack(struct ruleset *ruleset, struct span *bytes) must_check;

#endif
