#ifndef BANISH_BASE_WEIGHT_H
#define BANISH_BASE_WEIGHT_H

/* A weight as people read it: in attempts, with one decimal if need be. */

#include "base/types.h"

#define WEIGHT_TEXT_MAX 24 /* bytes */

/* "4.5" or "5", of tenths. Returns `buffer`. */
const char *weight_format(uint64_t tenths, char buffer[static WEIGHT_TEXT_MAX]);

#endif
