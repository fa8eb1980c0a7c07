#ifndef BANISH_MATCH_SCAN_H
#define BANISH_MATCH_SCAN_H

/* The search behind ruleset_scan(): the compiled events of many rules over one entry after the
 * other. */

#include "config/rule.h"
#include "entry/entry.h"
#include "match/match.h"

struct hit {
	unsigned jail;  /* index */
	unsigned event; /* index into the rule's events */
	struct captures captures;
};

struct jail_statistics {
	uint64_t hits; /* of any outcome: shows that the rule understands its unit */
	uint64_t limit_hits;
};

struct scan;

/* The rules, numbered as jails by their place in the array, are borrowed and must outlive the scan.
 * -EINVAL with faults: a bad pattern. */
int scan_new(const struct rule *const *rules, size_t n_rules, bool jit, struct faults *faults,
	     struct scan **ret) must_check;
struct scan *scan_free(struct scan *scan);
DEFINE_CLEANUP(struct scan *, scan_free)

void scan_assume_missing(struct scan *scan, bool assume);

/* From now on this event still ends the search of its rule, but its hits are not reported. */
void scan_silence(struct scan *scan, unsigned jail, unsigned event);

/* See ruleset_scan(), ruleset_hit(), ruleset_selects(), ruleset_explain(). */
int scan_entry(struct scan *scan, const struct entry *entry) must_check;
const struct hit *scan_hit(const struct scan *scan, size_t i);
int scan_selects(struct scan *scan, unsigned jail, const struct entry *entry) must_check;
int scan_explain(struct scan *scan, const struct entry *entry, char *buffer,
		 size_t size) must_check;

/* Pieces of split lines that were passed over. */
uint64_t scan_n_pieces(const struct scan *scan);
const struct jail_statistics *scan_jail_statistics(const struct scan *scan, unsigned jail);

#endif
