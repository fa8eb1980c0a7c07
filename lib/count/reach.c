#include "count/reach.h"

bool reach_note(struct reach *reach, const struct prefix *host, usec_t begun, usec_t time)
{
	unsigned i = 0;

	if (time < begun || time - begun < REACH_GRACE)
		return false;
	/* a clock that was set back begins anew, too */
	if (reach->since == 0 || time < reach->since || time - reach->since >= REACH_WITHIN)
		*reach = (struct reach){ .since = time };
	while (i < reach->n_hosts && !prefix_equal(&reach->hosts[i], host))
		i++;
	if (i == reach->n_hosts && i < REACH_HOSTS)
		reach->hosts[reach->n_hosts++] = *host;
	reach->n++;
	if (reach->said || reach->n < REACH_ENOUGH)
		return false;
	reach->said = true;
	return true;
}
