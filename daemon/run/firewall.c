#include "run/firewall.h"

#include "base/array.h"
#include "io/log.h"
#include "io/timer.h"
#include "ledger/comment.h"

#include <errno.h>

#define RETRY_DELAY (5 * USEC_PER_SEC)

#define NOTICE_AGE (USEC_PER_SEC / 2) /* of one that has not waited */
#define MAX_PROBES 16                 /* of notices, to find out whether they have */

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

	*firewall->dirty |= DIRTY_NOTICES;
	return 0;
}

static int firewall_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct firewall *firewall = userdata;

	*firewall->dirty |= DIRTY_KERNEL;
	return 0;
}

int firewall_attach(struct firewall *firewall, sd_event *event)
{
	int r;

	firewall->event = event;
	r = timer_new(event, 0, firewall_on_retry, firewall, &firewall->retry);
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

void firewall_heed(struct firewall *firewall, bool heed)
{
	if (firewall->notices)
		(void)sd_event_source_set_enabled(firewall->notices,
						  heed ? SD_EVENT_ON : SD_EVENT_OFF);
}

/* Not later than a retry that is due already: who complains all the time must not put it off. */
void firewall_retry_soon(struct firewall *firewall)
{
	if (firewall->retry)
		(void)timer_within(firewall->retry, RETRY_DELAY);
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

void changes_done(struct changes *changes)
{
	free(changes->items);
	free(changes->sources);
}

int changes_add(struct changes *changes, const char *name, enum nft_operation operation,
		const struct ban *ban, const struct address *address, usec_t now)
{
	struct change_source *source;

	if (array_reserve(&changes->items, changes->n, &changes->max_items,
			  sizeof(*changes->items)) < 0 ||
	    array_reserve(&changes->sources, changes->n, &changes->max_sources,
			  sizeof(*changes->sources)) < 0)
		return -ENOMEM;
	source = &changes->sources[changes->n];
	source->ban = ban ? ban->id : 0;
	nft_jail_name(name, false, source->set);
	if (ban)
		comment_write(ban, source->comment);
	changes->items[changes->n++] = (struct nft_change){
		.operation = operation,
		.address = *address,
		.remaining = !ban                          ? 0
			     : ban->until == USEC_INFINITY ? USEC_INFINITY
							   : ban->until - now,
	};
	return 0;
}

void changes_finish(struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		changes->items[i].jail = changes->sources[i].set;
		changes->items[i].comment =
			changes->sources[i].ban ? changes->sources[i].comment : NULL;
	}
}

int firewall_gather_ban(struct firewall *firewall, struct changes *changes, const struct ban *ban)
{
	const struct engine *engine = firewall->active->engine;
	usec_t now = wakeup_time(firewall->event);
	char name[NFT_JAIL_SIZE];

	if (!firewall->nft || ban->placed || !ban_runs(ban, now))
		return 0;
	home_name(engine, ban, name);
	if (reconcile_is_due(firewall->reconcile, ban))
		return changes_add(changes, name, NFT_PUT, ban, &ban->prefix.address, now);
	if (home_is_odd(engine, ban) &&
	    !homes_find(reconcile_homes(firewall->reconcile), name, ban->prefix.address.family))
		*firewall->dirty |= DIRTY_LENGTHS; /* it waits for its set */
	return 0;
}

int firewall_gather_removal(struct firewall *firewall, struct changes *changes,
			    const struct ban *ban)
{
	char name[NFT_JAIL_SIZE];

	home_name(firewall->active->engine, ban, name);
	if (!firewall->nft ||
	    !homes_find(reconcile_homes(firewall->reconcile), name, ban->prefix.address.family))
		return 0; /* the set went with its jail */
	return changes_add(changes, name, NFT_DELETE, NULL, &ban->prefix.address, 0);
}

int firewall_apply(struct firewall *firewall, struct changes *changes)
{
	int r, error = 0;

	if (changes->n == 0 || !firewall->nft)
		return 0;
	changes_finish(changes);
	r = nft_apply(firewall->nft, changes->items, changes->n);
	for (size_t i = 0; i < changes->n; i++) {
		const struct nft_change *item = &changes->items[i];

		if (reconcile_sent(firewall->reconcile, changes->sources[i].ban, item->jail,
				   &item->address, item->error) < 0)
			return -ENOMEM;
		if (item->error != -ENOENT || item->operation != NFT_DELETE) /* its set went */
			error = MIN(error, item->error);
	}
	*firewall->dirty |= DIRTY_PLACED;
	if (error == 0 && r >= 0) {
		firewall->failing = false;
		return 0;
	}
	*firewall->dirty |= DIRTY_LEDGER;
	return firewall_complain(firewall, "change the bans in the kernel", error < 0 ? error : r);
}

int firewall_listen(struct firewall *firewall)
{
	int r;

	if (!firewall->nft)
		return 0;
	r = nft_listen(firewall->nft);
	if (r < 0)
		log_say(LOG_KERNEL, LOG_ERR, "cannot use nftables: %s", nft_explain(r));
	if (r > 0)
		*firewall->dirty |= DIRTY_KERNEL | DIRTY_ELEMENTS;
	return MIN(r, 0);
}

/* The notices that are read now. */
struct reading {
	unsigned n_probes;
	bool is_fresh, is_late; /* found out: they have not waited, or have */
};

/* What is left of an element now. A notice tells what was left when somebody added it, and has
 * waited if the daemon was stopped, or read the past. The oldest that is still there says whether
 * they have; only then each is asked for. Of an element that was changed since, a later notice
 * tells. */
static int firewall_date_notice(struct firewall *firewall, struct nft_notice *notice,
				struct reading *reading)
{
	usec_t remaining;
	int r;

	if (reading->is_fresh || notice->type != NFT_NOTICE_ADDED || notice->restored ||
	    notice->remaining == USEC_INFINITY)
		return 0;
	r = nft_find(firewall->nft, notice->jail, &notice->address, &remaining);
	if (r == -ENOMEM)
		return r;
	if (r > 0 && remaining <= notice->remaining) {
		reading->is_late |= notice->remaining - remaining > NOTICE_AGE;
		reading->is_fresh = !reading->is_late;
		if (reading->is_late)
			notice->remaining = remaining;
	} else if (!reading->is_late) {
		reading->is_fresh = ++reading->n_probes == MAX_PROBES;
	}
	return 0;
}

int firewall_read_notices(struct firewall *firewall)
{
	struct nft_notice notice;
	struct reading reading = { 0 };
	int r, n = 0;

	r = nft_read_notices(firewall->nft);
	if (r < 0)
		(void)firewall_complain(firewall, "read the notices of nftables", r);
	while (nft_take_notice(firewall->nft, &notice)) {
		if (notice.type == NFT_NOTICE_DAMAGED || notice.type == NFT_NOTICE_RESYNC)
			*firewall->dirty |= DIRTY_LISTED;
		r = firewall_date_notice(firewall, &notice, &reading);
		if (r >= 0)
			r = reconcile_notice(firewall->reconcile, &notice);
		nft_notice_done(&notice);
		if (r < 0)
			return r;
		n = 1;
	}
	return n;
}

int firewall_tell_sets(struct firewall *firewall)
{
	struct home_set sets[LEDGER_MAX_SETS];
	char jail[NFT_JAIL_SIZE];
	const char *name;
	uint8_t family;
	uint64_t handle;
	size_t n = 0;

	for (size_t i = 0;
	     n < ARRAY_SIZE(sets) && (name = nft_next_set(firewall->nft, &i, &handle));) {
		if (!nft_set_parse_name(span_of(name), jail, &family))
			continue;
		sets[n] = (struct home_set){
			.handle = handle, .is_empty = nft_set_is_empty(firewall->nft, jail, family)
		};
		nft_set_name(jail, family, sets[n++].name);
	}
	return reconcile_stands(firewall->reconcile, nft_table_handle(firewall->nft), sets, n);
}

int firewall_list(struct firewall *firewall)
{
	struct nft_elements elements = { 0 };
	int r, listed;

	listed = nft_list(firewall->nft, NULL, &elements);
	r = listed < 0 ? listed : nft_identify(firewall->nft);
	if (r < 0) {
		(void)firewall_complain(firewall, "list the sets", r);
		nft_elements_done(&elements);
		return r == -ENOMEM ? r : reconcile_listed(firewall->reconcile, r);
	}
	r = firewall_tell_sets(firewall);
	for (size_t i = 0; r >= 0 && i < elements.n_items; i++)
		r = reconcile_element(firewall->reconcile, &elements.items[i]);
	nft_elements_done(&elements);
	return r < 0 ? r : reconcile_listed(firewall->reconcile, listed);
}

int firewall_find(struct firewall *firewall, const struct reconcile_action *action)
{
	usec_t remaining = 0;
	int r;

	r = nft_find(firewall->nft, action->jail, &action->address, &remaining);
	if (r < 0 && r != -ENOENT)
		(void)firewall_complain(firewall, "find an element", r);
	if (r == -ENOMEM)
		return r;
	reconcile_found(firewall->reconcile, r, remaining);
	return 0;
}

int firewall_identify(struct firewall *firewall)
{
	int error, r = 0;

	error = nft_identify(firewall->nft);
	if (error < 0)
		(void)firewall_complain(firewall, "look at the sets", error);
	else
		r = firewall_tell_sets(firewall);
	return r < 0 ? r : reconcile_identified(firewall->reconcile, MIN(error, 0));
}
