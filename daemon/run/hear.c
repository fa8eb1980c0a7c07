/*
 * What others do to the table. Who may change it: everybody with the right to. An element that
 * somebody deletes is an unban, one that somebody adds is a ban by hand; a lost table, chain, rule
 * or set is damage and is mended at once, since no administrator unbans people by deleting half a
 * firewall.
 */
#include "run/adopt.h"
#include "run/changes.h"

#include "cli/output.h"
#include "io/log.h"

#include <errno.h>
#include <stdio.h>

#define MAX_LISTS    5 /* until one tells all that we know of */
#define MAX_ROUNDS   8 /* against somebody who never stops */
#define MAX_HEALS    20
#define HEALS_WITHIN (10 * USEC_PER_SEC)

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Lifts the bans that are absent from the sets which all were put into. Those sets stand there now,
 * so they stood there when it was looked. */
static int lift_missing(struct daemon *daemon, const uint64_t *missing, size_t n_missing)
{
	int r = n_missing > 0 ? nft_identify(daemon->nft) : 0;

	for (size_t i = 0; r >= 0 && i < n_missing; i++) {
		const struct ban *ban = ledger_get(daemon->ledger, missing[i]);
		struct firewall_look look = { 0 };

		firewall_look_at(daemon, ban, &look);
		if (look.is_filled)
			r = adopt_lift(
				daemon, ban,
				"its element was taken out of the set while banish did not run");
	}
	return r;
}

/* Placed bans whose element is gone from a set that holds all were lifted by hand. A list may lack
 * what is there: the kernel goes on in it by counting, and elements that expire, or a hash table
 * that shrinks, move the others. So the kernel is asked for each. 1: the list did lack some. */
static int reconcile_missing(struct daemon *daemon, const uint64_t *seen, size_t n_seen)
{
	cleanup(freep) uint64_t *missing =
		calloc(ledger_n_bans(daemon->ledger) + 1, sizeof(*missing));
	size_t n_missing = 0;
	usec_t now = daemon_now(daemon);
	struct firewall_look look = { 0 };
	char name[NFT_JAIL_SIZE];
	int r, lacking = 0;

	if (!missing)
		return -ENOMEM;
	for (const struct ban *ban = NULL; (ban = ledger_next(daemon->ledger, ban));) {
		if (!ban_runs(ban, now) || !ban->placed)
			continue;
		firewall_look_at(daemon, ban, &look);
		if (!look.is_filled || bsearch(&ban->id, seen, n_seen, sizeof(*seen), compare_ids))
			continue;
		/* the kernel's clock and ours may let the last moments of a ban end at different
		 * times */
		if (ban->until != USEC_INFINITY && ban->until - now < TIMER_SLACK)
			continue;
		r = nft_find(daemon->nft, lengths_name(daemon, ban, name), &ban->prefix.address,
			     NULL);
		if (r == 0)
			missing[n_missing++] = ban->id;
		else if (r > 0)
			lacking = 1;
		/* a whole set that is gone is no unban */
		if (r < 0 && r != -ENOENT)
			return r;
	}
	r = lift_missing(daemon, missing, n_missing);
	return r < 0 ? r : lacking;
}

static int hear_settle(struct daemon *daemon)
{
	int r;

	r = adopt_settle(daemon);
	if (r != -ENOMEM && daemon->lengths_wanted)
		r = lengths_make(daemon);
	if (r == -ENOMEM || !daemon->unsettled)
		return r;
	daemon->unsettled = false;
	return forced_settle(daemon);
}

static int take_element(struct daemon *daemon, const struct nft_element *element, const char *by)
{
	const struct ban *ban = adopt_running(daemon, element->jail, &element->prefix);
	char text[PREFIX_TEXT_MAX];

	if (!adopt_is_stale(daemon, element))
		return adopt_element(daemon, element, by);
	if (!ban)
		log_say(LOG_RESTORED, LOG_NOTICE,
			"%s: %s brought a ban of %s back that is over (\"%s\"): it is taken out",
			element->jail, *by ? by : "somebody", prefix_format(&element->prefix, text),
			element->comment);
	return adopt_touch(daemon, element);
}

/* `believe`: the sets are the only memory there is. */
static int reconcile_element(struct daemon *daemon, const struct nft_element *element, bool believe)
{
	const struct ban *ban = adopt_running(daemon, element->jail, &element->prefix);

	/* ours, and over by our clock */
	if (!ban && element->remaining < TIMER_SLACK)
		return 0;
	return believe ? adopt_element(daemon, element, "") : take_element(daemon, element, "");
}

/* The kernel's elements against the ledger. 1: it did not tell all of them. */
static int reconcile(struct daemon *daemon, bool believe)
{
	struct nft_elements elements;
	cleanup(freep) uint64_t *seen = NULL;
	size_t n_seen = 0;
	int r;

	r = nft_list(daemon->nft, NULL, &elements);
	if (r < 0)
		return changes_complain(daemon, "list the sets", r);
	seen = calloc(elements.n_items + 1, sizeof(*seen));
	r = seen ? 0 : -ENOMEM;
	for (size_t i = 0; r >= 0 && i < elements.n_items; i++) {
		const struct nft_element *element = &elements.items[i];
		const struct ban *ban;

		r = reconcile_element(daemon, element, believe);
		ban = adopt_running(daemon, element->jail, &element->prefix);
		if (ban)
			seen[n_seen++] = ban->id;
	}
	nft_elements_done(&elements);
	if (r < 0)
		return r;
	qsort(seen, n_seen, sizeof(*seen), compare_ids);
	r = reconcile_missing(daemon, seen, n_seen);
	return r < 0 && r != -ENOMEM ? changes_complain(daemon, "find an element", r) : r;
}

int hear_reconcile(struct daemon *daemon)
{
	const bool believe = ledger_last_id(daemon->ledger) == 0 || daemon->doubting;
	int r = 1;

	if (daemon->dry_run)
		return 0;
	/* what we know was found all the same; what is new to us may be missing, too */
	for (unsigned i = 0; i < MAX_LISTS && r > 0; i++)
		r = reconcile(daemon, believe);
	if (r >= 0) {
		daemon->doubting = false;
		r = firewall_fill(daemon);
	}
	return r < 0 ? r : hear_settle(daemon);
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
static bool heals_too_often(struct daemon *daemon)
{
	usec_t now = daemon_now(daemon);

	if (now - daemon->heals_since > HEALS_WITHIN) {
		daemon->heals_since = now;
		daemon->n_heals = 0;
	}
	return ++daemon->n_heals > MAX_HEALS;
}

static int heal(struct daemon *daemon, const struct nft_notice *notice, const char *by)
{
	int r;

	if (heals_too_often(daemon)) {
		if (daemon->n_heals == MAX_HEALS + 1)
			log_say(LOG_FAULT, LOG_ERR,
				"%s keeps removing table inet %s; it is put back every few seconds from now on: "
				"find out who and why",
				*by ? by : "somebody", daemon->active.config->policy->table);
		firewall_retry_soon(daemon);
		return 0;
	}
	r = firewall_mend(daemon);
	if (r < 0)
		return r;
	say_heal(daemon, name_of_loss(notice->loss), by, (size_t)r);
	return 0;
}

static int take_deleted(struct daemon *daemon, const struct nft_notice *notice, const char *by)
{
	const struct ban *ban = adopt_running(daemon, notice->jail, &notice->prefix);
	char reason[64];

	if (!ban)
		return 0;
	snprintf(reason, sizeof(reason), "its element was taken out%s%s", *by ? " by " : "", by);
	return adopt_lift(daemon, ban, reason);
}

/* Elements of a saved ruleset may be stale: the ledger wins. Its rules stand behind ours. */
static int take_restored(struct daemon *daemon, const struct nft_element *element, const char *by)
{
	if (!daemon->restored)
		log_say(LOG_RESTORED, LOG_NOTICE,
			"%s loaded a saved ruleset: table inet %s is kept as it was before",
			*by ? by : "somebody", daemon->active.config->policy->table);
	daemon->restored = true;
	return adopt_touch(daemon, element);
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

/* Something was done that we did not hear of. */
static int resync(struct daemon *daemon)
{
	int r = firewall_install(daemon);

	return r < 0 ? r : hear_reconcile(daemon);
}

static int take_notice(struct daemon *daemon, const struct nft_notice *notice)
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
			return take_restored(daemon, &element, by);
		r = take_element(daemon, &element, by);
		return r >= 0 && daemon->rewritten ? adopt_touch(daemon, &element) : r;
	case NFT_NOTICE_DELETED:
		if (notice->restored) /* its set went with it */
			return adopt_touch(daemon, &element);
		r = take_deleted(daemon, notice, by);
		return r >= 0 && daemon->rewritten ? adopt_touch(daemon, &element) : r;
	case NFT_NOTICE_DAMAGED:
		return heal(daemon, notice, by);
	case NFT_NOTICE_RESYNC:
		return resync(daemon);
	}
	return 0;
}

/* How many there were, or -ENOMEM; what else fails was said, and is tried again. */
static int take_notices(struct daemon *daemon)
{
	struct nft_notice notice;
	int r, n = 0;

	r = nft_read_notices(daemon->nft);
	if (r < 0)
		(void)changes_complain(daemon, "read the notices of nftables", r);
	while (nft_take_notice(daemon->nft, &notice)) {
		r = take_notice(daemon, &notice);
		nft_notice_done(&notice);
		if (r == -ENOMEM)
			return r;
		n = 1;
	}
	return n;
}

/* What we write in answer to a notice is newer than what others did meanwhile, of which we read
 * only then: an unban, say, of what a repair puts back. */
static int on_notices(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct daemon *daemon = userdata;
	int r, n_rounds = 0;

	do
		r = take_notices(daemon);
	while (r > 0 && daemon->rewritten && ++n_rounds < MAX_ROUNDS);
	if (r >= 0 && daemon->restored)
		r = firewall_mend(daemon);
	daemon->restored = false;
	if (r != -ENOMEM)
		r = hear_settle(daemon);
	return r == -ENOMEM ? r : 0;
}

int hear_begin(struct daemon *daemon)
{
	int r;

	if (daemon->dry_run)
		return 0;
	r = nft_listen(daemon->nft);
	if (r < 0) {
		log_say(LOG_KERNEL, LOG_ERR, "cannot use nftables: %s", nft_explain(r));
		return r;
	}
	return r > 0 ? resync(daemon) : 0;
}

int hear_attach(struct daemon *daemon)
{
	if (!daemon->nft)
		return 0;
	return sd_event_add_io(daemon->event, &daemon->nft_source, nft_fd(daemon->nft), EPOLLIN,
			       on_notices, daemon);
}
