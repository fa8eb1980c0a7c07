#include "count/breaker.h"

#include <errno.h>

int breaker_init(struct breaker *breaker, const struct rate *rate)
{
	*breaker = (struct breaker){ .rate = *rate };
	breaker->times = calloc(rate->count + 1, sizeof(*breaker->times));
	return breaker->times ? 0 : -ENOMEM;
}

void breaker_done(struct breaker *breaker)
{
	free(breaker->times);
	*breaker = (struct breaker){ 0 };
}

void breaker_reset(struct breaker *breaker)
{
	breaker->n_times = 0;
	breaker->n_held = 0;
	breaker->open = false;
}

void breaker_note(struct breaker *breaker, usec_t since)
{
	usec_t *times = breaker->times;
	size_t i;

	if (breaker->rate.count == 0)
		return;
	for (i = breaker->n_times++; i > 0 && times[i - 1] > since; i--)
		times[i] = times[i - 1];
	times[i] = since;
	if (breaker->n_times > breaker->rate.count)
		memmove(times, times + 1, --breaker->n_times * sizeof(*times));
}

/* True if `time` lies less than `span` before `now`, or after it. */
static bool is_within(usec_t time, usec_t now, usec_t span)
{
	return time > now || now - time < span;
}

bool breaker_is_full(const struct breaker *breaker, usec_t now)
{
	return breaker->rate.count > 0 && breaker->n_times == breaker->rate.count &&
	       is_within(breaker->times[0], now, breaker->rate.within);
}

bool breaker_hold(struct breaker *breaker, usec_t now, bool anew)
{
	bool opens = !breaker->open;

	breaker->open = true;
	breaker->n_held += anew || opens;
	breaker->latest_held = now;
	return opens;
}

bool breaker_close(struct breaker *breaker, usec_t now, uint64_t *ret_n_held)
{
	if (!breaker->open || breaker_is_full(breaker, now))
		return false;
	*ret_n_held = breaker->n_held;
	breaker->open = false;
	breaker->n_held = 0;
	return is_within(breaker->latest_held, now, BREAKER_MEMORY);
}

usec_t breaker_reach(const struct breaker *breaker)
{
	return breaker->rate.count > 0 ? breaker->rate.within + BREAKER_MEMORY + BREAKER_PATIENCE
				       : 0;
}
