/* The kernel's table as the configuration wants it, and which one it is. */
#include "run/install.h"

#include "io/log.h"
#include "run/fill.h"
#include "run/lengths.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

static void lay_out_network(const char *name, const struct settings *settings, struct ports ports,
			    struct nft_jail *ret)
{
	nft_jail_name(name, true, ret->name);
	ret->prefix4 = settings->networks.length4;
	ret->prefix6 = settings->networks.length6;
	ret->verdict = settings->verdict;
	ret->ports = ports;
}

/* How many there are: the jail's sets, and those of its networks. */
static size_t lay_out(const char *name, const struct settings *settings, struct ports ports,
		      struct nft_jail *ret)
{
	nft_jail_name(name, false, ret->name);
	ret->prefix4 = settings->prefix4;
	ret->prefix6 = settings->prefix6;
	ret->verdict = settings->verdict;
	ret->ports = ports;
	if (settings->networks.hosts == 0)
		return 1;
	lay_out_network(name, settings, ports, ret + 1);
	return 2;
}

/* Handles of tables are told apart until the next boot, and by each network for itself:
 * "BOOT/NETWORK/". */
static const char *place_of_tables(char text[static LEDGER_MAX_TEXT + 1])
{
	char boot[SD_ID128_STRING_MAX] = "";
	struct stat network = { 0 };
	sd_id128_t id;

	if (sd_id128_get_boot(&id) >= 0)
		sd_id128_to_string(id, boot);
	(void)stat("/proc/self/ns/net", &network); /* else all networks are one */
	snprintf(text, LEDGER_MAX_TEXT + 1, "%s/%llu/", boot, (unsigned long long)network.st_ino);
	return text;
}

/* The handle of the table that is ours; one with another may hold anything: at boot
 * nftables.service loads what was saved once. 0: any is ours. */
static uint64_t known_table(const struct firewall *firewall)
{
	char place[LEDGER_MAX_TEXT + 1];
	const char *mark = ledger_table(firewall->active->ledger);
	size_t size = strlen(place_of_tables(place));

	if (!*mark)
		return 0;
	return strncmp(mark, place, size) == 0 ? strtoull(mark + size, NULL, 10) : UINT64_MAX;
}

/* It is ours now, and none of its sets is known to be filled if it is another one than before. */
static int note_table(struct firewall *firewall, bool first)
{
	char mark[LEDGER_MAX_TEXT + 1];
	size_t size = strlen(place_of_tables(mark));

	snprintf(mark + size, sizeof(mark) - size, "%llu",
		 (unsigned long long)nft_table_handle(firewall->nft));
	if (strcmp(mark, ledger_table(firewall->active->ledger)) == 0)
		return 0;
	if (first && nft_table_was_strange(firewall->nft))
		log_say(LOG_RESTORED, LOG_NOTICE,
			"another program loaded table inet %s meanwhile: it holds the active bans and no others now",
			firewall->active->config->policy->table);
	firewall->dirty |= DIRTY_LEDGER;
	return ledger_set_table(firewall->active->ledger, mark);
}

int install_stands(struct firewall *firewall)
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

int install_table(struct firewall *firewall, const struct prefix *exempt, size_t n_exempt)
{
	const struct policy *policy = firewall->active->config->policy;
	const struct ports all_ports = { .all = true };
	size_t n_jails = ruleset_n_jails(firewall->active->ruleset), n = 0;
	cleanup(freep) struct nft_jail *jails = NULL;
	struct nft_layout layout = { .table = policy->table,
				     .manual_prefix4 = policy->defaults.prefix4,
				     .manual_prefix6 = policy->defaults.prefix6,
				     .manual_verdict = policy->defaults.verdict };
	struct first_fill fill = { .firewall = firewall };
	struct nft_filling filling = { .gather = fill_gather, .userdata = &fill };
	bool first;
	int r;

	if (!firewall->nft)
		return 0;
	jails = calloc(2 * n_jails + 1, sizeof(*jails));
	if (!jails)
		return -ENOMEM;
	for (unsigned i = 0; i < n_jails; i++) {
		const struct jail *jail = ruleset_jail(firewall->active->ruleset, i);

		n += lay_out(jail->name, &jail->settings, jail->settings.ports, &jails[n]);
	}
	if (policy->defaults.networks.hosts > 0)
		lay_out_network(NFT_JAIL_MANUAL, &policy->defaults, all_ports, &jails[n++]);
	layout.jails = jails;
	layout.n_jails = n;
	lengths_gather(firewall, &layout.lengths);
	layout.ignore = exempt;
	layout.n_ignore = n_exempt;
	layout.handle = known_table(firewall);
	firewall->n_put = 0;
	first = nft_table_handle(firewall->nft) == 0;
	r = nft_install_filled(firewall->nft, &layout, &filling);
	if (r < 0)
		firewall_complain(firewall, "put the table into the kernel", r);
	else if (note_table(firewall, first) < 0)
		r = -ENOMEM;
	else if (install_stands(firewall) < 0 ||
		 (filling.done && fill_note_first(firewall, &fill) < 0))
		r = -ENOMEM;
	changes_done(&fill.changes);
	return MIN(r, 0);
}
