#include "run/hear.h"

#include "cli/output.h"
#include "io/log.h"
#include "run/adopt.h"
#include "run/events.h"
#include "run/fill.h"

#include <errno.h>
#include <stdio.h>

#define MAX_LISTS    5 /* until one tells all that we know of */
#define MAX_HEALS    20
#define HEALS_WITHIN (10 * USEC_PER_SEC)

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Lifts the bans that are absent from the sets which all were put into. Those sets stand there now,
 * so they stood there when it was looked. */
static int lift_missing(struct firewall *firewall, const uint64_t *missing, size_t n_missing)
{
	int r = n_missing > 0 ? nft_identify(firewall->nft) : 0;

	for (size_t i = 0; r >= 0 && i < n_missing; i++) {
		const struct ban *ban = ledger_get(firewall->active->ledger, missing[i]);
		struct fill_look look = { 0 };

		fill_look_at(firewall, ban, &look);
		if (look.is_filled)
			r = adopt_lift(
				firewall, ban,
				"its element was taken out of the set while banish did not run");
	}
	return r;
}

/* Placed bans whose element is gone from a set that holds all were lifted by hand. A list may lack
 * what is there: the kernel goes on in it by counting, and elements that expire, or a hash table
 * that shrinks, move the others. So the kernel is asked for each. 1: the list did lack some. */
static int reconcile_missing(struct firewall *firewall, const uint64_t *seen, size_t n_seen)
{
	cleanup(freep) uint64_t *missing =
		calloc(ledger_n_bans(firewall->active->ledger) + 1, sizeof(*missing));
	size_t n_missing = 0;
	usec_t now = firewall_now(firewall);
	struct fill_look look = { 0 };
	int r, lacking = 0;

	if (!missing)
		return -ENOMEM;
	for (const struct ban *ban = NULL; (ban = ledger_next(firewall->active->ledger, ban));) {
		if (!ban_runs(ban, now) || !ban->placed)
			continue;
		fill_look_at(firewall, ban, &look);
		if (!look.is_filled || bsearch(&ban->id, seen, n_seen, sizeof(*seen), compare_ids))
			continue;
		/* the kernel's clock and ours may let the last moments of a ban end at different
		 * times */
		if (ban->until != USEC_INFINITY && ban->until - now < TIMER_SLACK)
			continue;
		r = nft_find(firewall->nft, look.name, &ban->prefix.address, NULL);
		if (r == 0)
			missing[n_missing++] = ban->id;
		else if (r > 0)
			lacking = 1;
		/* a whole set that is gone is no unban */
		if (r < 0 && r != -ENOENT)
			return r;
	}
	r = lift_missing(firewall, missing, n_missing);
	return r < 0 ? r : lacking;
}

int hear_settle(struct firewall *firewall)
{
	firewall->restored = false;
	return adopt_settle(firewall);
}

static int take_element(struct firewall *firewall, const struct nft_element *element,
			const char *by)
{
	const struct ban *ban = adopt_running(firewall, element->jail, &element->prefix);
	char text[PREFIX_TEXT_MAX];

	if (!adopt_is_stale(firewall, element))
		return adopt_element(firewall, element, by);
	if (!ban)
		log_say(LOG_RESTORED, LOG_NOTICE,
			"%s: %s brought a ban of %s back that is over (\"%s\"): it is taken out",
			element->jail, *by ? by : "somebody", prefix_format(&element->prefix, text),
			element->comment);
	return adopt_touch(firewall, element);
}

/* `believe`: the sets are the only memory there is. */
static int reconcile_element(struct firewall *firewall, const struct nft_element *element,
			     bool believe)
{
	const struct ban *ban = adopt_running(firewall, element->jail, &element->prefix);

	/* ours, and over by our clock */
	if (!ban && element->remaining < TIMER_SLACK)
		return 0;
	return believe ? adopt_element(firewall, element, "") : take_element(firewall, element, "");
}

/* The kernel's elements against the ledger. 1: it did not tell all of them. */
static int reconcile(struct firewall *firewall, bool believe)
{
	struct nft_elements elements;
	cleanup(freep) uint64_t *seen = NULL;
	size_t n_seen = 0;
	int r;

	r = nft_list(firewall->nft, NULL, &elements);
	if (r < 0)
		return firewall_complain(firewall, "list the sets", r);
	seen = calloc(elements.n_items + 1, sizeof(*seen));
	r = seen ? 0 : -ENOMEM;
	for (size_t i = 0; r >= 0 && i < elements.n_items; i++) {
		const struct nft_element *element = &elements.items[i];
		const struct ban *ban;

		r = reconcile_element(firewall, element, believe);
		ban = adopt_running(firewall, element->jail, &element->prefix);
		if (ban)
			seen[n_seen++] = ban->id;
	}
	nft_elements_done(&elements);
	if (r < 0)
		return r;
	qsort(seen, n_seen, sizeof(*seen), compare_ids);
	r = reconcile_missing(firewall, seen, n_seen);
	return r < 0 && r != -ENOMEM ? firewall_complain(firewall, "find an element", r) : r;
}

int hear_compare(struct firewall *firewall)
{
	const bool believe = ledger_last_id(firewall->active->ledger) == 0 || firewall->believe;
	int r = 1;

	if (!firewall->nft)
		return 0;
	/* what we know was found all the same; what is new to us may be missing, too */
	for (unsigned i = 0; i < MAX_LISTS && r > 0; i++)
		r = reconcile(firewall, believe);
	if (r >= 0)
		firewall->believe = false;
	return MIN(r, 0);
}

static const char *name_of_loss(enum nft_loss loss)
{
	switch (loss) {
	case NFT_LOSS_RULE:
		return "a rule";
	case NFT_LOSS_IGNORED:
		return "an ignored address";
	case NFT_LOSS_SET:
		return "a set";
	case NFT_LOSS_CHAIN:
		return "the chain";
	case NFT_LOSS_TABLE:
		return "the whole";
	case NFT_LOSS_DORMANT:
		return "the effect";
	}
	return "a part";
}

/* Two programs that each put back what the other removes would never rest: then we wait for the
 * timer. */
static bool heals_too_often(struct firewall *firewall)
{
	usec_t now = firewall_now(firewall);

	if (now - firewall->heals_since > HEALS_WITHIN) {
		firewall->heals_since = now;
		firewall->n_heals = 0;
	}
	return ++firewall->n_heals > MAX_HEALS;
}

static void hear_damage(struct firewall *firewall, const struct nft_notice *notice, const char *by)
{
	if (heals_too_often(firewall)) {
		if (firewall->n_heals == MAX_HEALS + 1)
			log_say(LOG_FAULT, LOG_ERR,
				"%s keeps removing table inet %s; it is put back every few seconds from now on: "
				"find out who and why",
				*by ? by : "somebody", firewall->active->config->policy->table);
		firewall_retry_soon(firewall);
		return;
	}
	firewall->dirty |= DIRTY_KERNEL;
	if (firewall->damaged && notice->loss <= firewall->loss)
		return;
	firewall->damaged = true;
	firewall->loss = notice->loss;
	memcpy(firewall->culprit, notice->process, sizeof(firewall->culprit));
}

void hear_mended(struct firewall *firewall, size_t n_bans)
{
	cleanup(freep) char *by =
		bytes_to_display(span_of(firewall->culprit), sizeof(firewall->culprit));

	if (firewall->damaged)
		events_heal(firewall->active->config->policy->table, name_of_loss(firewall->loss),
			    by ?: "", n_bans);
	firewall->damaged = false;
}

static int take_deleted(struct firewall *firewall, const struct nft_notice *notice, const char *by)
{
	const struct ban *ban = adopt_running(firewall, notice->jail, &notice->prefix);
	char reason[64];

	if (!ban)
		return 0;
	snprintf(reason, sizeof(reason), "its element was taken out%s%s", *by ? " by " : "", by);
	return adopt_lift(firewall, ban, reason);
}

/* Elements of a saved ruleset may be stale: the ledger wins. Its rules stand behind ours. */
static int take_restored(struct firewall *firewall, const struct nft_element *element,
			 const char *by)
{
	if (!firewall->restored)
		log_say(LOG_RESTORED, LOG_NOTICE,
			"%s loaded a saved ruleset: table inet %s is kept as it was before",
			*by ? by : "somebody", firewall->active->config->policy->table);
	firewall->restored = true;
	firewall->dirty |= DIRTY_KERNEL;
	return adopt_touch(firewall, element);
}

static struct nft_element element_of(const struct nft_notice *notice)
{
	return (struct nft_element){
		.jail = notice->jail,
		.address = notice->address,
		.prefix = notice->prefix,
		.host_bits = notice->host_bits,
		.timeout = notice->timeout,
		.remaining = notice->remaining,
		.comment = notice->comment,
	};
}

static int take_notice(struct firewall *firewall, const struct nft_notice *notice)
{
	cleanup(freep) char *by =
		bytes_to_display(span_of(notice->process), sizeof(notice->process));
	const struct nft_element element = element_of(notice);
	int r;

	if (!by)
		return -ENOMEM;
	switch (notice->type) {
	case NFT_NOTICE_ADDED:
		if (notice->restored)
			return take_restored(firewall, &element, by);
		r = take_element(firewall, &element, by);
		return r >= 0 && firewall->rewritten ? adopt_touch(firewall, &element) : r;
	case NFT_NOTICE_DELETED:
		if (notice->restored) /* its set went with it */
			return adopt_touch(firewall, &element);
		r = take_deleted(firewall, notice, by);
		return r >= 0 && firewall->rewritten ? adopt_touch(firewall, &element) : r;
	case NFT_NOTICE_DAMAGED:
		hear_damage(firewall, notice, by);
		return 0;
	case NFT_NOTICE_RESYNC: /* something was done that we did not hear of */
		firewall->dirty |= DIRTY_KERNEL | DIRTY_ELEMENTS;
		return 0;
	}
	return 0;
}

int hear_notices(struct firewall *firewall)
{
	struct nft_notice notice;
	int r, n = 0;

	r = nft_read_notices(firewall->nft);
	if (r < 0)
		(void)firewall_complain(firewall, "read the notices of nftables", r);
	while (nft_take_notice(firewall->nft, &notice)) {
		r = take_notice(firewall, &notice);
		nft_notice_done(&notice);
		if (r == -ENOMEM)
			return r;
		n = 1;
	}
	return n;
}

int hear_begin(struct firewall *firewall)
{
	int r;

	if (!firewall->nft)
		return 0;
	r = nft_listen(firewall->nft);
	if (r < 0)
		log_say(LOG_KERNEL, LOG_ERR, "cannot use nftables: %s", nft_explain(r));
	if (r > 0)
		firewall->dirty |= DIRTY_KERNEL | DIRTY_ELEMENTS;
	return MIN(r, 0);
}
