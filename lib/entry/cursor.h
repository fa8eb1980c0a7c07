#ifndef BANISH_ENTRY_CURSOR_H
#define BANISH_ENTRY_CURSOR_H

/* A journal cursor as text that was kept somewhere. */

#include "base/util.h"

/* Whether it has the form in which libsystemd writes them: sd_journal_seek_cursor() refuses others.
 */
bool cursor_is_valid(struct span cursor);

#endif
