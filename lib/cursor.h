#ifndef BANISH_CURSOR_H
#define BANISH_CURSOR_H

/* A journal cursor as text that was kept somewhere. */

#include "util.h"

/* Whether it is one, as libsystemd writes them, of an entry with that time (__REALTIME_TIMESTAMP).
 * A cursor with a wrong byte is refused by sd_journal_seek_cursor(), or leads anywhere. */
bool cursor_is_of(struct span cursor, usec_t time);

#endif
