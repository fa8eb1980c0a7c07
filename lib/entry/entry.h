#ifndef BANISH_ENTRY_H
#define BANISH_ENTRY_H

/*
 * One journal entry as the engine sees it: a way to ask for its fields and its time. The source (a
 * journal, a line of JSON, a test) stands behind `field` and `time`; asking costs a walk over the
 * entry in a real journal (+20 to 40 % each, measured), so whoever asks, asks late and once.
 */

#include "base/util.h"

struct entry {
	/* First value of a field. 1: found, `ret` borrows until the next call (MESSAGE: until the
	 * entry changes); 0: no such field; negative errno. */
	int (*field)(void *source, const char *name, struct span *ret);
	/* __REALTIME_TIMESTAMP. 0 or negative errno. */
	int (*time)(void *source, usec_t *ret);
	/* The entry's cursor, asked only of entries that ban. 0 or negative errno; `ret` borrows
	 * until the next call. NULL: a source without cursors. */
	int (*cursor)(void *source, struct span *ret);
	void *source;
	/* False only where the source knows that no entry carries _LINE_BREAK=line-max: then nobody
	 * asks. */
	bool may_be_split;
	/* The same of the marks with which container engines cut lines, CONTAINER_PARTIAL_*. */
	bool may_be_partial;
	/* True where entries of several machines may stand together: a session is then one of its
	 * _MACHINE_ID. */
	bool many_machines;
	/* True where it may come after entries of a later time: what other machines sent is not
	 * waited for. */
	bool unordered;
	/* Another process scanned it: its hits are in the ruleset (match/hits.h). */
	bool scanned;
};

static inline int entry_field(const struct entry *entry, const char *name, struct span *ret)
{
	return entry->field(entry->source, name, ret);
}

static inline int entry_time(const struct entry *entry, usec_t *ret)
{
	return entry->time(entry->source, ret);
}

#endif
