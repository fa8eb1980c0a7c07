/*
 * A configuration comes into force: at the start, and by SIGHUP. A bad one is said, fault by fault,
 * and the old one stays. A reload decides as a restart at that cursor would: the new engine reads
 * the stretch before the cursor again.
 */
#include "run/daemon.h"

#include "io/log.h"
#include "run/exempt.h"

#include <errno.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

void active_done(struct active *active)
{
	engine_free(active->engine);
	ruleset_free(active->ruleset);
	config_free(active->config);
	*active = (struct active){ 0 };
}

int active_load(struct daemon *daemon, struct active *ret)
{
	const struct common *common = &daemon->common;
	struct faults faults = { 0 };
	struct active active = { 0 };
	int r;

	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_REQUIRED, &faults,
			&active.config);
	if (r >= 0)
		r = config_compile(active.config, true, &faults, &active.ruleset);
	if (r >= 0)
		r = engine_new(active.ruleset, active.config->policy, daemon->seed, NULL,
			       &active.engine);
	if (r >= 0)
		engine_spare_private(active.engine, true);
	for (size_t i = 0; i < faults.n_lines; i++)
		log_say(LOG_FAULT, LOG_ERR, "%s", faults.lines[i]);
	faults_done(&faults);
	if (r < 0) {
		active_done(&active);
		return r;
	}
	*ret = active;
	return 0;
}

/* From here on it decides; the kernel was not asked yet. */
static int swap(struct daemon *daemon, struct active *active, struct ledger **ledger)
{
	int r;

	r = engine_adopt_ledger(active->engine, *ledger);
	if (r < 0)
		return r;
	daemon->ledger = TAKE_PTR(*ledger);
	active_done(&daemon->active);
	daemon->active = *active;
	*active = (struct active){ 0 };

	r = health_reset(daemon);
	return r < 0 ? r : exempt_enter(daemon);
}

/* The kernel is made to hold what was decided. What it refuses was said, and is tried again; bans
 * end all the same. */
static int enforce(struct daemon *daemon, bool start)
{
	int r, refused;

	refused = firewall_install(daemon);
	if (refused == -ENOMEM)
		return refused;
	r = start ? tell_again(daemon) : 0;
	if (r >= 0)
		r = engine_end_bans(daemon->active.engine, daemon_now(daemon));
	if (r >= 0)
		r = commit_decisions(daemon);
	/* first, or the elements of the bans just ended would be taken for bans by hand */
	if (r >= 0)
		r = commit_all(daemon);
	if (r < 0)
		return r;
	if (refused >= 0)
		refused = hear_reconcile(daemon);
	if (refused == -ENOMEM)
		return refused;
	r = commit_all(daemon);
	return r < 0 ? r : MIN(refused, 0);
}

int active_enter(struct daemon *daemon, struct active *active, struct ledger **ledger)
{
	int r;

	r = swap(daemon, active, ledger);
	return r < 0 ? r : enforce(daemon, true);
}

static int reload(struct daemon *daemon)
{
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	struct active active;
	int r, refused;

	r = active_load(daemon, &active);
	if (r < 0) {
		log_say(LOG_RELOAD_FAILED, LOG_ERR,
			"the new configuration is not in force, the old one stays; \"banish check\" tells more");
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
		ledger = engine_take_ledger(daemon->active.engine);
		r = swap(daemon, &active, &ledger);
	}
	active_done(&active);
	if (r < 0)
		return r;
	refused = enforce(daemon, false);
	if (refused == -ENOMEM)
		return refused;
	r = reader_begin(daemon);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->reader, SD_EVENT_ONESHOT);
	if (r < 0)
		return r;
	log_say(LOG_RELOAD, LOG_INFO, "the configuration was loaded anew: %zu jails in force%s",
		ruleset_n_jails(daemon->active.ruleset),
		refused < 0 ? ", but not in the kernel yet: it is tried again every few seconds"
			    : "");
	return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *daemon = userdata;
	usec_t now = 0;
	int r;

	(void)sd_event_now(daemon->event, CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)now);
	r = reload(daemon);
	(void)sd_notify(false, "READY=1");
	return r;
}

int reload_attach(struct daemon *daemon)
{
	return sd_event_add_signal(daemon->event, &daemon->hangup, SIGHUP, on_hangup, daemon);
}
