#include "run/reload.h"

#include "engine/home.h"
#include "io/log.h"
#include "run/commit.h"
#include "run/kernel.h"

#include <errno.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

/* From here on it decides; the kernel was not asked yet. */
int reload_enter(struct daemon *daemon, struct active *active, struct ledger **ledger)
{
	int r;

	r = engine_adopt_ledger(active->engine, *ledger);
	if (r < 0)
		return r;
	active->ledger = TAKE_PTR(*ledger);
	/* what others did since the start was heard: to list 100,000 elements takes a second */
	if (!daemon->active.engine || !homes_stay(daemon->active.engine, active->engine))
		daemon->dirty |= DIRTY_ELEMENTS;
	active_done(&daemon->active);
	daemon->active = *active;
	*active = (struct active){ 0 };
	daemon->n_failures = 0;
	if (daemon->firewall.reconcile)
		reconcile_enter(daemon->firewall.reconcile, daemon->active.engine);
	daemon->dirty |= DIRTY_KERNEL | DIRTY_BANS;

	r = health_reset(&daemon->health, daemon->active.ruleset, wakeup_time(daemon->event));
	if (r >= 0)
		r = exempt_enter(&daemon->exempt, daemon->active.config);
	if (r >= 0)
		r = fleet_enter(&daemon->fleet);
	return r < 0 ? r : lists_enter(&daemon->lists, daemon->active.config->policy);
}

void reload_warmed(struct daemon *daemon)
{
	firewall_heed(&daemon->firewall, true);
	engine_warm_done(daemon->active.engine);
	daemon->dirty |= DIRTY_FLEET;
}

int reload_read(struct daemon *daemon)
{
	const struct reader *reader = &daemon->reader;
	const struct peers *peers = &reader->members.peers;
	int r;

	if (!reader->many && reader->place.cursor)
		health_gap(reader->journal, NULL, reader->place.time,
			   engine_findtime(daemon->active.engine));
	r = reader_begin(&daemon->reader, &daemon->active, wakeup_time(daemon->event));
	if (r < 0)
		return r;
	for (size_t i = 0; i < peers->n; i++)
		if (peers->peers[i].journal && peers->peers[i].place.cursor)
			health_gap(peers->peers[i].journal, peers->peers[i].name,
				   peers->peers[i].place.time, 0);
	if (reader->warming)
		firewall_heed(&daemon->firewall, false);
	else
		reload_warmed(daemon);
	return 0;
}

static int reload(struct daemon *daemon)
{
	size_t n_jails;
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	struct active active;
	int r, refused;

	r = active_load(&daemon->common, daemon->seed, &active);
	if (r < 0) {
		log_say(LOG_RELOAD_FAILED, LOG_ERR,
			"reload failed, the old configuration stays active; \"banish check\" prints the faults");
		return r == -ENOMEM ? r : 0;
	}
	if (strcmp(active.config->policy->table, daemon->active.config->policy->table) != 0) {
		log_say(LOG_RELOAD_FAILED, LOG_ERR,
			"nftables.table has changed: restart banish to move to another table; the old "
			"configuration stays in force");
		active_done(&active);
		return 0;
	}
	r = commit_position(daemon);
	if (r >= 0) {
		engine_judge_anew(active.engine, daemon->active.engine);
		ledger = engine_take_ledger(daemon->active.engine);
		r = reload_enter(daemon, &active, &ledger);
	}
	active_done(&active);
	if (r < 0)
		return r;
	refused = kernel_sync(daemon);
	if (refused == -ENOMEM)
		return refused;
	r = engine_judge_bans(daemon->active.engine);
	if (r >= 0)
		r = commit_decisions(daemon);
	if (r >= 0)
		r = commit_all(daemon);
	if (r >= 0)
		r = reload_read(daemon);
	if (r < 0)
		return r;
	n_jails = ruleset_n_jails(daemon->active.ruleset);
	log_say(LOG_RELOAD, LOG_INFO, "configuration reloaded: %zu jail%s%s", n_jails,
		PLURAL(n_jails),
		refused < 0 ? ", but the kernel refused it: retrying every few seconds" : "");
	return 0;
}

int reload_config(struct daemon *daemon)
{
	usec_t now = 0;
	int r;

	(void)sd_event_now(daemon->event, CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)now);
	r = reload(daemon);
	daemon_notify_ready();
	return r;
}

static int reload_on_hangup(sd_event_source *source, const struct signalfd_siginfo *info,
			    void *userdata)
{
	struct daemon *daemon = userdata;

	daemon->dirty |= DIRTY_CONFIG;
	return 0;
}

int reload_attach(struct daemon *daemon)
{
	return sd_event_add_signal(daemon->event, NULL, SIGHUP, reload_on_hangup, daemon);
}
