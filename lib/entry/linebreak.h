#ifndef BANISH_ENTRY_LINEBREAK_H
#define BANISH_ENTRY_LINEBREAK_H

/*
 * journald cuts what a service writes to stdout at LineMax (48 KiB): every piece but the last
 * carries _LINE_BREAK=line-max, the last one only follows in the same _STREAM_ID. Container engines
 * cut what a container writes: docker at 16 KiB, each piece with CONTAINER_PARTIAL_ID; podman at 8
 * KiB, every piece but the last with CONTAINER_PARTIAL_MESSAGE, and the last one only follows in
 * the same container and priority. A client that chooses the length of its name chooses where a
 * piece begins, so no piece may be read as if it were a line.
 */

#include "base/util.h"
#include "entry/entry.h"

#define SPLIT_MAX_STREAMS 64  /* that wait for their last piece at once; oldest out first */
#define SPLIT_STREAM_SIZE 40  /* bytes; journald's ids are 32 hex digits */
#define SPLIT_ID_SIZE     192 /* bytes; longer ids are told apart by so many */

/* Streams that wait for their last piece. */
struct linebreak_streams {
	struct {
		char id[SPLIT_ID_SIZE];
		size_t size; /* 0: free */
	} list[SPLIT_MAX_STREAMS];
	unsigned next; /* place of the next one, so the oldest */
	unsigned n_pending;
};

struct linebreak {
	struct linebreak_streams journald, engines;
};

/* 1: the entry is a piece of a split line; 0: it is whole; negative errno: its source failed. Feed
 * every entry, in order. Asks of journald's pieces for one field, of engines' for two, and for more
 * only while a stream is pending. */
int linebreak_feed(struct linebreak *linebreak, const struct entry *entry) must_check;

#endif
