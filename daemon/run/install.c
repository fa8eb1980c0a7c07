#include "run/install.h"

#include "io/log.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

#define MAX_AT_ONCE 2000 /* bans: a transaction */

static void lay_out(const char *name, bool network, const struct settings *settings,
		    struct ports ports, struct nft_jail *ret)
{
	nft_jail_name(name, network, ret->name);
	ret->prefix4 = network ? settings->networks.length4 : settings->prefix4;
	ret->prefix6 = network ? settings->networks.length6 : settings->prefix6;
	ret->verdict = settings->verdict;
	ret->ports = ports;
}

/* All lengths that the bans that run need, as many as may be; says if that is too few. What stands
 * comes first: a ban that is in the kernel never makes room for another. */
static void gather_lengths(struct firewall *firewall, struct nft_lengths *ret)
{
	const struct nft_lengths *standing = nft_lengths(firewall->nft);
	const struct active *active = firewall->active;
	usec_t now = wakeup_time(firewall->event);
	char text[PREFIX_TEXT_MAX];
	bool refused = false;

	*ret = (struct nft_lengths){ 0 };
	for (int stands = 1; stands >= 0; stands--)
		for (const struct ban *ban = NULL; (ban = ledger_next(active->ledger, ban));) {
			uint8_t family = ban->prefix.address.family;

			if (!ban_runs(ban, now) || !home_is_odd(active->engine, ban) ||
			    (stands &&
			     !nft_lengths_have(standing, ban->jail, family, ban->prefix.length)) ||
			    nft_lengths_add(ret, ban->jail, family, ban->prefix.length) >= 0)
				continue;
			if (!firewall->lengths_refused)
				log_say(LOG_KERNEL, LOG_ERR,
					"%s: %s cannot be banned: there are %d sets for IPv%c bans of another length than "
					"their jail's, and there can be no more; end some of those bans, \"banish list\" shows them",
					ban->jail, prefix_format(&ban->prefix, text),
					NFT_MAX_LENGTHS, family == AF_INET ? '4' : '6');
			firewall->lengths_refused = refused = true;
		}
	firewall->lengths_refused = refused;
}

void install_want_lengths(struct firewall *firewall)
{
	struct nft_lengths wanted;

	if (!firewall->nft)
		return;
	gather_lengths(firewall, &wanted);
	for (size_t i = 0; i < wanted.n_items; i++)
		if (!nft_lengths_have(nft_lengths(firewall->nft), wanted.items[i].jail,
				      wanted.items[i].family, wanted.items[i].length))
			*firewall->dirty |= DIRTY_KERNEL;
}

/* Which table is ours: "BOOT/NETWORK/HANDLE", since handles are told apart until the next boot, and
 * by each network for itself. */
static void mark_table(uint64_t handle, char ret[static LEDGER_MAX_TEXT + 1])
{
	char boot[SD_ID128_STRING_MAX] = "";
	struct stat network = { 0 };
	sd_id128_t id;

	if (sd_id128_get_boot(&id) >= 0)
		sd_id128_to_string(id, boot);
	(void)stat("/proc/self/ns/net", &network); /* else all networks are one */
	snprintf(ret, LEDGER_MAX_TEXT + 1, "%s/%llu/%llu", boot, (unsigned long long)network.st_ino,
		 (unsigned long long)handle);
}

/* The handle of the table that is ours; one with another may hold anything: at boot
 * nftables.service loads what was saved once. 0: any is ours. */
static uint64_t known_table(const struct firewall *firewall)
{
	const char *mark = ledger_table(firewall->active->ledger), *end = strrchr(mark, '/');
	uint64_t handle = end ? strtoull(end + 1, NULL, 10) : 0;
	char here[LEDGER_MAX_TEXT + 1];

	mark_table(handle, here);
	return !*mark ? 0 : strcmp(mark, here) == 0 ? handle : UINT64_MAX;
}

/* It is ours now, and none of its sets is known to be filled if it is another one than before. */
static int note_table(struct firewall *firewall, bool first)
{
	char mark[LEDGER_MAX_TEXT + 1];

	mark_table(nft_table_handle(firewall->nft), mark);
	if (strcmp(mark, ledger_table(firewall->active->ledger)) == 0)
		return 0;
	if (first && nft_table_was_strange(firewall->nft))
		log_say(LOG_RESTORED, LOG_NOTICE,
			"another program loaded table inet %s meanwhile: it holds the active bans and no others now",
			firewall->active->config->policy->table);
	*firewall->dirty |= DIRTY_LEDGER;
	return ledger_set_table(firewall->active->ledger, mark);
}

/* The bans that go into sets in the transaction that makes or empties these. */
struct first_fill {
	struct firewall *firewall;
	struct changes changes;
	uint64_t last; /* ban that was looked at; all before it were, too */
	bool whole;    /* there are no more */
};

static int gather_first(void *userdata, struct nft_change **ret, size_t *ret_n)
{
	struct first_fill *fill = userdata;
	struct firewall *firewall = fill->firewall;
	const struct active *active = firewall->active;
	usec_t now = wakeup_time(firewall->event);
	const struct ban *ban = NULL;
	char name[NFT_JAIL_SIZE];
	int r = 0;

	fill->changes.n = 0;
	fill->last = 0;
	while (r >= 0 && fill->changes.n < MAX_AT_ONCE &&
	       (ban = ledger_next(active->ledger, ban))) {
		fill->last = ban->id;
		if (!ban_runs(ban, now) || !home_is_due(active->engine, ban))
			continue;
		home_name(active->engine, ban, name);
		if (nft_set_is_empty(firewall->nft, name, ban->prefix.address.family) &&
		    !ledger_is_outdone(active->ledger, ban, now))
			r = changes_add(&fill->changes, name, NFT_PUT_NEW, ban,
					&ban->prefix.address, now);
	}
	fill->whole = !ban;
	changes_finish(&fill->changes);
	*ret = fill->changes.items;
	*ret_n = fill->changes.n;
	return r;
}

int install_table(struct firewall *firewall, const struct prefix *exempt, size_t n_exempt,
		  const struct nft_list *lists, size_t n_lists)
{
	const struct ruleset *ruleset = firewall->active->ruleset;
	const struct policy *policy = firewall->active->config->policy;
	const struct settings *defaults = &policy->defaults;
	cleanup(freep) struct nft_jail *jails = NULL;
	struct nft_layout layout = { .table = policy->table,
				     .manual_prefix4 = defaults->prefix4,
				     .manual_prefix6 = defaults->prefix6,
				     .manual_verdict = defaults->verdict,
				     .ignore = exempt,
				     .n_ignore = n_exempt,
				     .lists = lists,
				     .n_lists = n_lists };
	struct first_fill fill = { .firewall = firewall };
	struct nft_filling filling = { .gather = gather_first, .userdata = &fill };
	bool first;
	int r;

	if (!firewall->nft)
		return 0;
	layout.jails = jails = calloc(2 * ruleset_n_jails(ruleset) + 1, sizeof(*jails));
	if (!jails)
		return -ENOMEM;
	for (unsigned i = 0; i < ruleset_n_jails(ruleset); i++) {
		const struct jail *jail = ruleset_jail(ruleset, i);

		lay_out(jail->name, false, &jail->settings, jail->settings.ports,
			&jails[layout.n_jails++]);
		if (jail->settings.networks.hosts > 0)
			lay_out(jail->name, true, &jail->settings, jail->settings.ports,
				&jails[layout.n_jails++]);
	}
	if (defaults->networks.hosts > 0)
		lay_out(NFT_JAIL_MANUAL, true, defaults, (struct ports){ .all = true },
			&jails[layout.n_jails++]);
	gather_lengths(firewall, &layout.lengths);
	layout.handle = known_table(firewall);
	firewall->n_put = 0;
	first = nft_table_handle(firewall->nft) == 0;
	r = nft_install(firewall->nft, &layout, &filling);
	if (r < 0)
		firewall_complain(firewall, "put the table into the kernel", r);
	else if (note_table(firewall, first) < 0 || firewall_tell_sets(firewall) < 0)
		r = -ENOMEM;
	for (size_t i = 0; r >= 0 && filling.done && i < fill.changes.n; i++)
		ledger_place(firewall->active->ledger, fill.changes.sources[i].ban);
	if (r >= 0 && filling.done) {
		firewall->n_put += fill.changes.n;
		r = reconcile_first_done(firewall->reconcile, fill.last, fill.whole);
	}
	changes_done(&fill.changes);
	return MIN(r, 0);
}
