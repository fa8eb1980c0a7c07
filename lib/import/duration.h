#ifndef BANISH_IMPORT_DURATION_H
#define BANISH_IMPORT_DURATION_H

/* fail2ban's times: "600", "10m", "1d 12h", "1year-6mo", "24*60*60". */

#include "base/util.h"

/* Seconds; below 0 too ("-1": for good). False: it is something else. */
bool duration_parse(const char *text, double *ret);

#endif
