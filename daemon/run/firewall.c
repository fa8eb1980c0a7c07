/* The kernel's table is kept as the ledger says: installed, and filled (fill.c) where its sets are
 * not those that hold all bans. */
#include "run/changes.h"
#include "run/fill.h"

#include "io/log.h"
#include "run/exempt.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

#define RETRY_DELAY (5 * USEC_PER_SEC)

static size_t firewall_append(struct prefix *to, size_t n, const struct prefix *from, size_t n_from)
{
	if (n_from > 0)
		memcpy(to + n, from, n_from * sizeof(*to));
	return n + n_from;
}

/* What cannot be listed now is what it was: a gateway that is missing for a moment may be banned.
 * True if they are others now. */
static bool list_own(struct daemon *daemon)
{
	struct prefix *prefixes;
	bool changed;
	size_t n;
	int r;

	r = netaddr_list(daemon->netaddr, &prefixes, &n);
	if (r < 0) {
		log_say(LOG_FAULT, LOG_WARNING,
			"own addresses cannot be listed (%s), they stay as they were: name them in ignoreip",
			strerror(-r));
		return false;
	}
	changed = !prefixes_equal(prefixes, n, daemon->own_prefixes, daemon->n_own);
	free(daemon->own_prefixes);
	daemon->own_prefixes = prefixes;
	daemon->n_own = n;
	return changed;
}

/* ignoreip and its lists, the machine itself, and what names stand for. */
static int gather_ignored(struct daemon *daemon)
{
	const struct policy *policy = daemon->active.config->policy;
	bool with_own = daemon->netaddr && policy->ignoreself;
	size_t n_own, n_answers = 0, n;
	struct prefix *all;

	if (with_own)
		(void)list_own(daemon);
	n_own = with_own ? daemon->n_own : 0;
	for (size_t i = 0; i < exempt_n_answers(daemon->ignoring); i++)
		n_answers += exempt_answer(daemon->ignoring, i)->n_prefixes;
	all = calloc(policy->n_ignoreip + n_own + n_answers + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	n = firewall_append(all, 0, policy->ignoreip, policy->n_ignoreip);
	n = firewall_append(all, n, daemon->own_prefixes, n_own);
	for (size_t i = 0; i < exempt_n_answers(daemon->ignoring); i++) {
		const struct ignorelist *answer = exempt_answer(daemon->ignoring, i);

		n = firewall_append(all, n, answer->prefixes, answer->n_prefixes);
	}
	free(daemon->ignored);
	daemon->ignored = all;
	daemon->n_ignored = n;
	return engine_set_ignored(daemon->active.engine, all, daemon->n_ignored);
}

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
static uint64_t known_table(const struct daemon *daemon)
{
	char place[LEDGER_MAX_TEXT + 1];
	const char *mark = ledger_table(daemon->ledger);
	size_t size = strlen(place_of_tables(place));

	if (!*mark)
		return 0;
	return strncmp(mark, place, size) == 0 ? strtoull(mark + size, NULL, 10) : UINT64_MAX;
}

/* It is ours now, and none of its sets is known to be filled if it is another one than before. */
static int note_table(struct daemon *daemon, bool first)
{
	char mark[LEDGER_MAX_TEXT + 1];
	size_t size = strlen(place_of_tables(mark));

	snprintf(mark + size, sizeof(mark) - size, "%llu",
		 (unsigned long long)nft_table_handle(daemon->nft));
	if (strcmp(mark, ledger_table(daemon->ledger)) == 0)
		return 0;
	if (first && nft_table_was_strange(daemon->nft))
		log_say(LOG_RESTORED, LOG_NOTICE,
			"table inet %s was loaded by somebody else meanwhile: it holds the bans that still run, and no others",
			daemon->active.config->policy->table);
	commit_soon(daemon, 0);
	return ledger_set_table(daemon->ledger, mark);
}

int firewall_open(struct daemon *daemon, const struct policy *policy)
{
	int r;

	if (daemon->dry_run)
		return 0;
	r = nft_open(policy->table, &daemon->nft);
	if (r >= 0)
		r = nft_prepare(daemon->nft);
	if (r < 0) {
		log_say(LOG_KERNEL, LOG_ERR, "cannot use nftables: %s", nft_explain(r));
		return r;
	}
	r = netaddr_open(&daemon->netaddr);
	if (r < 0)
		log_say(LOG_FAULT, LOG_WARNING,
			"own addresses cannot be followed (%s): name them in ignoreip",
			strerror(-r));
	return 0;
}

int firewall_gather_removal(struct daemon *daemon, struct changes *changes, const struct ban *ban)
{
	char name[NFT_JAIL_SIZE];

	if (!firewall_has_set(daemon, ban))
		return 0; /* the set went with its jail */
	return changes_delete(changes, lengths_name(daemon, ban, name), &ban->prefix.address);
}

int firewall_remove(struct daemon *daemon, const struct ban *ban)
{
	cleanup(changes_done) struct changes changes = { 0 };
	int r;

	r = firewall_gather_removal(daemon, &changes, ban);
	return r < 0 ? r : changes_apply(daemon, &changes);
}

/* Table, sets, chain and rules; and the bans of sets that are new, as far as they fit. */
int firewall_install(struct daemon *daemon)
{
	const struct policy *policy = daemon->active.config->policy;
	const struct ports all_ports = { .all = true };
	size_t n_jails = ruleset_n_jails(daemon->active.ruleset), n = 0;
	cleanup(freep) struct nft_jail *jails = NULL;
	struct nft_layout layout = { .table = policy->table,
				     .manual_prefix4 = policy->defaults.prefix4,
				     .manual_prefix6 = policy->defaults.prefix6,
				     .manual_verdict = policy->defaults.verdict };
	struct first_fill fill = { .daemon = daemon };
	struct nft_filling filling = { .gather = fill_gather, .userdata = &fill };
	bool first;
	int r;

	r = gather_ignored(daemon);
	if (r < 0 || daemon->dry_run)
		return r;
	jails = calloc(2 * n_jails + 1, sizeof(*jails));
	if (!jails)
		return -ENOMEM;
	for (unsigned i = 0; i < n_jails; i++) {
		const struct jail *jail = ruleset_jail(daemon->active.ruleset, i);

		n += lay_out(jail->name, &jail->settings, jail->settings.ports, &jails[n]);
	}
	if (policy->defaults.networks.hosts > 0)
		lay_out_network(NFT_JAIL_MANUAL, &policy->defaults, all_ports, &jails[n++]);
	layout.jails = jails;
	layout.n_jails = n;
	lengths_gather(daemon, &layout.lengths);
	layout.ignore = daemon->ignored;
	layout.n_ignore = daemon->n_ignored;
	layout.handle = known_table(daemon);
	first = nft_table_handle(daemon->nft) == 0;
	r = nft_install_filled(daemon->nft, &layout, &filling);
	if (r < 0)
		changes_complain(daemon, "put the table into the kernel", r);
	else if (note_table(daemon, first) < 0)
		r = -ENOMEM;
	else if (filling.done && fill.whole)
		r = fill_note_first(daemon, &fill.changes);
	changes_done(&fill.changes);
	return r;
}

int firewall_mend(struct daemon *daemon)
{
	int n = firewall_install(daemon), r;

	if (n < 0)
		return n;
	r = firewall_fill(daemon);
	return r < 0 ? r : n + r;
}

int firewall_refresh(struct daemon *daemon)
{
	int r;

	r = firewall_mend(daemon);
	if (r == -ENOMEM)
		return r;
	/* What the kernel did not take is tried again; the bans end all the same. */
	r = engine_end_bans(daemon->active.engine, daemon_now(daemon));
	if (r >= 0)
		r = commit_decisions(daemon);
	return r < 0 ? r : commit_all(daemon);
}

static int on_own_changed(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct daemon *daemon = userdata;
	int r;

	r = netaddr_drain(daemon->netaddr);
	/* most routes that come and go are no gateways, and the counters should not begin anew */
	if (r > 0 && daemon->active.config->policy->ignoreself && list_own(daemon))
		r = firewall_refresh(daemon);
	return r == -ENOMEM ? r : 0;
}

/* Not later than a retry that is due already: who complains all the time must not put it off. */
void firewall_retry_soon(struct daemon *daemon)
{
	int enabled = SD_EVENT_OFF;

	if (!daemon->retrier || sd_event_source_get_enabled(daemon->retrier, &enabled) < 0 ||
	    enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(daemon->retrier, RETRY_DELAY);
	(void)sd_event_source_set_enabled(daemon->retrier, SD_EVENT_ONESHOT);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;
	int r;

	r = firewall_install(daemon);
	if (r >= 0)
		r = changes_delete_again(daemon);
	if (r >= 0)
		r = firewall_fill(daemon);
	if (r >= 0)
		daemon->kernel_failing = false;
	return r == -ENOMEM ? r : 0;
}

int firewall_attach(struct daemon *daemon)
{
	int r;

	r = sd_event_add_time_relative(daemon->event, &daemon->retrier, CLOCK_MONOTONIC, 0, 0,
				       on_retry, daemon);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->retrier, SD_EVENT_OFF);
	if (r >= 0 && daemon->netaddr)
		r = sd_event_add_io(daemon->event, &daemon->own_source, netaddr_fd(daemon->netaddr),
				    EPOLLIN, on_own_changed, daemon);
	return MIN(r, 0);
}
