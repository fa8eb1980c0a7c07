#include "count/quota.h"

bool quota_take(struct quota *quota, usec_t interval, unsigned at_once, usec_t now)
{
	usec_t span = interval * at_once;

	/* within [now, now + span]: what is taken stands at its end */
	quota->due = MIN(MAX(quota->due, now), now + span);
	if (quota->due + interval > now + span)
		return false;
	quota->due += interval;
	return true;
}
