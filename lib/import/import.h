#ifndef BANISH_IMPORT_H
#define BANISH_IMPORT_H

/*
 * fail2ban's configuration becomes banish's: each jail that is switched on is taken by a shipped
 * rule, or its filter is translated to a rule of its own, or it is listed with the reason. What is
 * translated is proved by proof.h before it is written by write.h.
 */

#include "import/jail.h"

/* The files are borrowed. -ENOENT: no jail.conf and no jail.local among them; -ENOMEM: or more than
 * is reasonable. */
int import_fail2ban(const struct import_files *files, struct import **ret) must_check;
/* Where fail2ban keeps its bans; NULL: nowhere. */
const char *import_database(struct import *import);
struct import *import_free(struct import *import);
DEFINE_CLEANUP(struct import *, import_free)

#endif
