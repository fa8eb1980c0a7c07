#ifndef BANISH_LEDGER_DECODE_H
#define BANISH_LEDGER_DECODE_H

#include "ledger/ledger.h"

/* Reads one line of encode.h (without its newline) into the ledger. 0, or how many changes of it
 * make no sense and were passed over. Nothing of it was read: -EBADMSG: not a commit,
 * -EPROTONOSUPPORT: a commit of another version; -ENOMEM. */
int ledger_decode(struct ledger *ledger, struct span line) must_check;

#endif
