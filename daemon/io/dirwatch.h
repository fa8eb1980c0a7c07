#ifndef BANISH_DAEMON_IO_DIRWATCH_H
#define BANISH_DAEMON_IO_DIRWATCH_H

/*
 * Tells when a file may have changed. The folders are watched, not the files: editors write a new
 * file and rename it. A folder that is not there is waited for.
 */

#include "base/util.h"

#include <systemd/sd-event.h>

struct dirwatch;

/* `bit` is set in `dirty`, which is borrowed, once for a burst of changes. */
int dirwatch_new(sd_event *event, unsigned *dirty, unsigned bit, struct dirwatch **ret) must_check;
struct dirwatch *dirwatch_free(struct dirwatch *dirwatch);
DEFINE_CLEANUP(struct dirwatch *, dirwatch_free)

/* Watches these from now on, in place of the last ones; a path that ends with '/' is all files of a
 * folder but hidden ones. Call it again when something has changed: folders may have come, gone, or
 * been replaced. Negative errno: some changes will not be seen; -ENOMEM. */
int dirwatch_watch(struct dirwatch *dirwatch, const char *const *paths, size_t n_paths) must_check;

#endif
