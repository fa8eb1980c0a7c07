#ifndef BANISH_LEDGER_BOUND_H
#define BANISH_LEDGER_BOUND_H

#include "ledger/ban.h"

/* Before a ban is added, at the bound: see ledger.h. */
void bound_make_room(struct ledger *ledger, usec_t now);
/* ... while a file is read, which tells itself what had to go: only where it is far too long. */
void bound_make_room_for_file(struct ledger *ledger, usec_t now);

#endif
