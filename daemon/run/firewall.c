#include "run/firewall.h"

#include "io/log.h"

#include <errno.h>

#define RETRY_DELAY (5 * USEC_PER_SEC)

int firewall_open(struct firewall *firewall, const char *table)
{
	int r;

	r = reconcile_new(&firewall->reconcile);
	if (r < 0)
		return r;
	r = nft_open(table, &firewall->nft);
	if (r >= 0)
		r = nft_prepare(firewall->nft);
	if (r < 0)
		log_say(LOG_KERNEL, LOG_ERR, "cannot use nftables: %s", nft_explain(r));
	return r;
}

static int firewall_on_notices(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct firewall *firewall = userdata;

	firewall->dirty |= DIRTY_NOTICES;
	return 0;
}

static int firewall_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct firewall *firewall = userdata;

	firewall->dirty |= DIRTY_KERNEL;
	return 0;
}

int firewall_attach(struct firewall *firewall, sd_event *event)
{
	int r;

	firewall->event = event;
	r = sd_event_add_time_relative(event, &firewall->retry, CLOCK_MONOTONIC, 0, 0,
				       firewall_on_retry, firewall);
	if (r >= 0)
		r = sd_event_source_set_enabled(firewall->retry, SD_EVENT_OFF);
	if (r >= 0 && firewall->nft)
		r = sd_event_add_io(event, &firewall->notices, nft_fd(firewall->nft), EPOLLIN,
				    firewall_on_notices, firewall);
	return MIN(r, 0);
}

void firewall_done(struct firewall *firewall)
{
	sd_event_source_unref(firewall->notices);
	sd_event_source_unref(firewall->retry);
	nft_free(firewall->nft);
	reconcile_free(firewall->reconcile);
}

usec_t firewall_now(const struct firewall *firewall)
{
	uint64_t now = 0;

	(void)sd_event_now(firewall->event, CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return now;
}

void firewall_heed(struct firewall *firewall, bool heed)
{
	if (firewall->notices)
		(void)sd_event_source_set_enabled(firewall->notices,
						  heed ? SD_EVENT_ON : SD_EVENT_OFF);
}

/* Not later than a retry that is due already: who complains all the time must not put it off. */
void firewall_retry_soon(struct firewall *firewall)
{
	int enabled = SD_EVENT_OFF;

	if (!firewall->retry || sd_event_source_get_enabled(firewall->retry, &enabled) < 0 ||
	    enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(firewall->retry, RETRY_DELAY);
	(void)sd_event_source_set_enabled(firewall->retry, SD_EVENT_ONESHOT);
}

int firewall_complain(struct firewall *firewall, const char *what, int error)
{
	if (!firewall->failing)
		log_say(LOG_KERNEL, LOG_ERR, "cannot %s: %s", what, nft_explain(error));
	firewall->failing = true;
	firewall->error = error;
	firewall_retry_soon(firewall);
	return error;
}
