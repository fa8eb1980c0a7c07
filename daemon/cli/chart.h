#ifndef BANISH_DAEMON_CLI_CHART_H
#define BANISH_DAEMON_CLI_CHART_H

/* Pictures on a terminal, of block characters or, where it has none, of ASCII; nothing anywhere
 * else. */

#include "report/series.h"

struct chart_bar {
	const char *name;
	uint64_t n;
};

/* A bar for each that is not 0, below the title, if there are two to compare. */
void chart_bars(const char *title, const struct chart_bar *bars, size_t n_bars);
/* What happened when: a line for each kind, those of failures only if they were counted. */
void chart_series(const struct series *series, bool counted);

#endif
