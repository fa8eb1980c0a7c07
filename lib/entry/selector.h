#ifndef BANISH_ENTRY_SELECTOR_H
#define BANISH_ENTRY_SELECTOR_H

/*
 * Which rules read an entry: the selectors of many rules as one index. Each field is asked of an
 * entry at most once, and only compared with what the rules name: its bytes are not kept.
 */

#include "base/util.h"
#include "config/condition.h"
#include "entry/entry.h"

struct selection;

/* Which entries one rule reads: any of the selectors. */
struct selectors {
	const struct selector *list;
	size_t n;
	bool stripped; /* selection_agrees() is given a view of its own of the entry: there
			  SYSLOG_IDENTIFIER is another */
};

/* The rules, by their place in the array. Their selectors are borrowed and must outlive the
 * selection. */
int selection_new(const struct selectors *rules, size_t n_rules, struct selection **ret) must_check;
struct selection *selection_free(struct selection *selection);
DEFINE_CLEANUP(struct selection *, selection_free)

/* A new entry: what was asked is forgotten. */
void selection_begin(struct selection *selection);

/* 1: one of the rule's selectors agrees with the entry (or its view); 0: none; negative errno: its
 * source failed.
 */
int selection_agrees(struct selection *selection, const struct entry *entry,
		     size_t rule) must_check;

/* Fills the bitmap (n_rules bits, in whole words) with the rules that can agree: costs one question
 * for each field that is the first of a selector, however many rules there are. 0 or negative
 * errno. */
int selection_narrow(struct selection *selection, const struct entry *entry,
		     uint64_t *rules) must_check;

/* From now on a field that the entry does not have agrees, or (false) does not. */
void selection_assume_missing(struct selection *selection, bool assume);

#endif
