/*
 * banish run - the daemon. Starts in the order in which things can fail usefully: configuration,
 * state, kernel, journal; READY=1 once bans are in the kernel and the journal is open, before the
 * stretch behind us is read again. Nothing listens on any socket; when it stops, bans stay and run
 * out by themselves.
 */
#include "run/daemon.h"

#include "cli/verb.h"
#include "io/log.h"
#include "run/exempt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <systemd/sd-daemon.h>

static int make_event(struct daemon *daemon)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	r = sd_event_default(&daemon->event);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL,
					NULL); /* ends the loop */
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->event, true);
	return MIN(r, 0);
}

static int run_open_journal(struct daemon *daemon)
{
	int r;

	r = journal_open(daemon->common.file, daemon->common.directory, true, &daemon->journal);
	if (r < 0 && r != -ENOMEM) /* verb_run() says that */
		log_say(LOG_FAULT, LOG_ERR, "cannot read the journal: %s", journal_explain(r));
	return r;
}

/* Says what the caller's part wanted and did not get. */
static int run_explain(const char *what, int r)
{
	const char *advice = "";

	if (r >= 0 || r == -ENOMEM) /* verb_run() says that */
		return r;
	if (r == -EMFILE) /* inotify_init(2) tells both alike */
		advice = ": raise LimitNOFILE= of banish.service (ulimit -n), or, if that is not "
			 "it, the sysctl fs.inotify.max_user_instances";
	log_say(LOG_FAULT, LOG_ERR, "cannot start: %s: %s%s", what, strerror(-r), advice);
	return r;
}

static int make_seed(struct daemon *daemon)
{
	return getrandom(daemon->seed, sizeof(daemon->seed), 0) < 0 ? -errno : 0;
}

static int attach(struct daemon *daemon)
{
	static const struct {
		const char *what;
		int (*attach)(struct daemon *daemon);
	} parts[] = {
		{ "timer of the state file", commit_attach },
		{ "watch of own addresses", firewall_attach },
		{ "watch of nftables", hear_attach },
		{ "watch of the journal", reader_attach },
		{ "watch of ignored addresses", exempt_attach },
		{ "signal to reload", reload_attach },
		{ "event loop", daemon_end_on_failure },
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(parts); i++)
		r = run_explain(parts[i].what, parts[i].attach(daemon));
	return r;
}

/* Everything up to READY=1. What fails has said so. */
static int start(struct daemon *daemon)
{
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	struct active active = { 0 };
	int r;

	r = run_explain("event loop", make_event(daemon));
	if (r >= 0)
		r = run_explain("random numbers", make_seed(daemon));
	if (r >= 0)
		r = active_load(daemon, &active);
	if (r >= 0)
		r = commit_load(daemon, &ledger);
	if (r >= 0)
		r = firewall_open(daemon, active.config->policy);
	if (r >= 0)
		r = run_open_journal(daemon);
	if (r >= 0)
		r = attach(daemon);
	if (r >= 0)
		r = active_enter(daemon, &active, &ledger);
	if (r >= 0)
		r = hear_begin(daemon);
	if (r >= 0)
		r = run_explain("place in the journal", reader_begin(daemon));
	active_done(&active);
	return r;
}

static size_t count_running(const struct daemon *daemon)
{
	usec_t now = daemon_now(daemon);
	size_t n = 0;

	for (const struct ban *ban = NULL; (ban = ledger_next(daemon->ledger, ban));)
		n += ban_runs(ban, now) && !nft_jail_is_forced(ban->jail);
	return n;
}

static int serve(struct daemon *daemon)
{
	int r;

	r = start(daemon);
	if (r < 0)
		return r;
	log_say(LOG_START, LOG_INFO, "%son guard: %zu jails in force, %zu bans running",
		daemon->dry_run ? "dry run: " : "", ruleset_n_jails(daemon->active.ruleset),
		count_running(daemon));
	(void)sd_notify(false, "READY=1");
	r = sd_event_loop(daemon->event);
	(void)sd_notify(false, "STOPPING=1");
	if (r < 0 && r != -ENOMEM)
		log_say(LOG_FAULT, LOG_ERR,
			"cannot go on (%s): banish ends, and reads on from its saved place when it is started again",
			strerror(-r));
	if (r < 0)
		return r;
	r = commit_position(daemon);
	log_say(LOG_STOP, LOG_INFO, "stopped; bans stay and run out by themselves");
	return r;
}

int verb_run(int argc, char **argv)
{
	cleanup(daemon_done) struct daemon daemon = { .common = COMMON_DEFAULTS,
						      .statedir = STATEDIR };
	const struct option_row rows[] = {
		{ "dry-run", NULL, "decide and log, but ban nobody and write no state",
		  &daemon.dry_run, NULL },
		OPTION_CONFIG(daemon.common),
		{ "state", "DIR", "folder of the durable state (default " STATEDIR ")",
		  &daemon.statedir, NULL },
		{ "directory", "DIR", "follow the journal files of this folder",
		  &daemon.common.directory, NULL },
	};
	const struct usage usage = {
		"run",
		"",
		"The daemon: follows the journal and bans. systemd starts it (banish.service); SIGHUP loads\n"
		"the configuration anew, SIGTERM ends it. By hand it talks to stderr.",
		rows,
		ARRAY_SIZE(rows),
		0,
		0
	};
	int first, exit_code, r;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	log_open();
	r = serve(&daemon);
	if (r == -ENOMEM)
		log_say(LOG_FAULT, LOG_ERR, "out of memory");
	return r < 0 ? EXIT_NO : EXIT_YES;
}
