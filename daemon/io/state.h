#ifndef BANISH_DAEMON_IO_STATE_H
#define BANISH_DAEMON_IO_STATE_H

/*
 * The durable file: STATEDIR/state, one JSON object a line, appended. A line is a commit: it is
 * there whole, or (a crash in the middle of writing) it is cut off at the next start and never
 * happened. What the lines mean is the ledger's business (lib/ledger/ledger.h). jq reads it.
 */

#include "base/util.h"
#include "io/file.h"

struct state;

/* Locks the folder and opens or creates the file; where it cannot be written now (read-only file
 * system, full disk, no right, no file), each append tries again. -EBUSY: another banish holds the
 * folder; other negative errno (no folder). */
int state_open(const char *folder, struct state **ret) must_check;
struct state *state_free(struct state *state);
DEFINE_CLEANUP(struct state *, state_free)

/* False: the next append has to make up for something that failed. */
bool state_writable(const struct state *state);

/* Hands each whole line to `take` (without the line end), from the first to the last; stops when it
 * returns negative. 1: a torn last line was found and is cut off; 0; -EISDIR, -ENOTSUP: it is a
 * folder, or something else that is no file; negative errno. */
int state_read(struct state *state, int (*take)(void *userdata, struct span line),
	       void *userdata) must_check;

/* Appends one line and syncs: when it returns 0 the line survives a power cut. On failure nothing
 * was appended. */
int state_append(struct state *state, struct span line) must_check;

/* Replaces the whole content by pieces (of lines with line ends), atomically. On failure the old
 * one is kept. */
int state_replace(struct state *state, file_next_t next, void *userdata) must_check;

/* Keeps the file, as it is now, as "state.bad", too. */
int state_keep_copy(struct state *state) must_check;

/* Puts the file aside as "state.bad" (the content makes no sense to us) and begins an empty one. On
 * failure it is tried again before anything is written. */
int state_set_aside(struct state *state) must_check;

/* For verbs beside the daemon, without its lock: the last whole line, owned by the caller, without
 * the line end. 1: there is one; 0: there is none; negative errno. */
int state_peek(const char *folder, char **ret) must_check;

/* The same: hands each whole line to `take` as state_read() does. */
int state_walk(const char *folder, int (*take)(void *userdata, struct span line),
	       void *userdata) must_check;

/* Bytes. */
size_t state_size(const struct state *state);
const char *state_path(const struct state *state);

#endif
