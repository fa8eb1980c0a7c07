/*
 * banish run - the daemon. Starts in the order in which things can fail usefully: configuration,
 * state, kernel, journal; READY=1 once bans are in the kernel and the journal is open, before the
 * stretch behind us is read again. Nothing listens on any socket; when it stops, bans stay and run
 * out by themselves.
 */

#include "cli/verb.h"
#include "io/log.h"
#include "run/commit.h"
#include "run/kernel.h"
#include "run/listen.h"
#include "run/reload.h"
#include "run/telling.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <systemd/sd-daemon.h>

#define SAVE_PLACED_DELAY USEC_PER_SEC /* a crash within it only has placed bans said again */
#define SAVE_CURSOR_DELAY \
	(30 * USEC_PER_SEC) /* a crash within it only means to read that much again */

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

/* What came of the configuration and of what is opened first: a fault, a missing right, a kernel
 * or a unit without nftables. What else fails may pass (a full disk, a journal that is not there
 * yet, no descriptor left). */
static bool only_a_person_mends(int r)
{
	return r == -EINVAL || r == -EPERM || r == -EACCES || r == -EAFNOSUPPORT ||
	       r == -EOPNOTSUPP;
}

/* An entry that cannot be read is passed over. */
static int run_feed(struct daemon *daemon, enum reader_use use)
{
	const struct entry *entry = daemon->reader.entry;
	struct engine *engine = daemon->active.engine;
	int r;

	if (use == READER_NEW)
		health_entry(daemon->active.ruleset, entry);
	r = use == READER_NOTES  ? engine_warm_notes(engine, entry)
	    : use == READER_WARM ? engine_warm(engine, entry)
				 : engine_feed(engine, entry);
	if (r < 0)
		return reader_pass_over(&daemon->reader, r);
	if (use == READER_NEW && !daemon->dry_run)
		health_verdicts(&daemon->health, &daemon->active, entry);
	return commit_decisions(daemon); /* a warm-up after a reload makes some, too */
}

/* A slice of the journal: read, judged, committed. */
static int run_read(struct daemon *daemon)
{
	struct reader *reader = &daemon->reader;
	bool was_warming = reader->warming;
	uint64_t n_failures;
	enum reader_use use;
	int r;

	reader_begin_slice(reader);
	while ((r = reader_next(reader, &use)) > 0) {
		if (was_warming && !reader->warming)
			reload_warmed(daemon);
		was_warming = reader->warming;
		r = run_feed(daemon, use);
		if (r < 0)
			return r;
	}
	if (r < 0) {
		log_say(LOG_FAULT, LOG_ERR, "the journal cannot be read: %s", strerror(-r));
		return r;
	}
	if (was_warming && !reader->warming)
		reload_warmed(daemon);
	n_failures = daemon->n_failures;
	if (reader->n_read > 0) {
		const struct engine_statistics *s = engine_statistics(daemon->active.engine);

		daemon->n_failures = s->failures + s->prevented;
	}
	if (reader->n_new > 0) {
		r = reader_consumed(reader);
		if (r < 0)
			return r;
		health_batch(&daemon->health, &daemon->active, reader->entry,
			     wakeup_time(daemon->event));
		daemon->dirty |= DIRTY_CURSOR;
	}
	r = commit_all(daemon);
	return r < 0 ? r : reader_end_slice(reader, daemon->n_failures != n_failures);
}

static int run_save(struct daemon *daemon)
{
	unsigned bits = daemon_take(daemon, DIRTY_LEDGER | DIRTY_PLACED | DIRTY_CURSOR);

	if (bits & DIRTY_LEDGER)
		return commit_position(daemon);
	if (bits)
		saver_write_soon(&daemon->saver,
				 bits & DIRTY_PLACED ? SAVE_PLACED_DELAY : SAVE_CURSOR_DELAY);
	return 0;
}

/* A wake-up: what was found dirty is made good. */
static int run_turn(struct daemon *daemon)
{
	unsigned bits = daemon_take(daemon, DIRTY_WORLD);
	int r = 0, files = 0, own = 0;

	if (bits & DIRTY_CONFIG)
		r = reload_config(daemon);
	if (r >= 0 && bits & DIRTY_EXEMPT)
		r = files = exempt_renew(&daemon->exempt, daemon->active.config);
	if (r >= 0 && bits & DIRTY_OWN)
		r = own = exempt_renew_own(&daemon->exempt, daemon->active.config->policy);
	if (files > 0 || own > 0) /* the kernel hears of it, and bans of those end */
		daemon->dirty |= DIRTY_KERNEL | DIRTY_BANS;
	kernel_at(daemon);
	if (r >= 0 && bits & DIRTY_NOTICES)
		r = kernel_hear(daemon);
	if (r >= 0 && bits & DIRTY_JOURNAL)
		r = reader_process(&daemon->reader);
	if (r >= 0 && bits & DIRTY_LOOK)
		r = reader_look_again(&daemon->reader);
	if (r >= 0 && bits & DIRTY_ENTRIES)
		r = run_read(daemon);
	if (r >= 0 && bits & DIRTY_FLEET)
		r = listen_read(daemon);
	if (r >= 0)
		r = kernel_clean(daemon);
	/* after the bans, which so wait for one piece of a list at most */
	bits = daemon_take(daemon, DIRTY_SHARE | DIRTY_ALL_LISTS);
	if (r >= 0 && bits & DIRTY_SHARE)
		telling_share_again(daemon);
	if (r >= 0 && bits & DIRTY_ALL_LISTS)
		r = lists_turn(&daemon->lists, bits);
	return r < 0 ? r : run_save(daemon);
}

/* What is durable, and the sockets. */
static int run_open(struct daemon *daemon, const struct policy *policy, struct ledger **ledger)
{
	struct position position;
	int r;

	r = saver_load(&daemon->saver, daemon->dry_run ? NULL : daemon->statedir, daemon->seed,
		       ledger);
	if (r < 0)
		return r;
	position = ledger_position(*ledger);
	r = reader_set_position(&daemon->reader, &position);
	daemon->firewall.active = daemon->fleet.active = &daemon->active;
	if (r >= 0 && !daemon->dry_run) {
		r = firewall_open(&daemon->firewall, policy->table);
		if (r >= 0)
			exempt_open(&daemon->exempt);
		if (r >= 0 && daemon->saver.damaged)
			reconcile_doubt(daemon->firewall.reconcile);
	}
	return r < 0 ? r
		     : reader_open(&daemon->reader, daemon->common.file, daemon->common.directory);
}

/* Everything up to READY=1. What fails has said so. */
static int start(struct daemon *daemon)
{
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	struct active active = { 0 };
	int r;

	r = run_explain("event loop", make_event(daemon));
	if (r >= 0 && getrandom(daemon->seed, sizeof(daemon->seed), 0) < 0)
		r = run_explain("random numbers", -errno);
	if (r >= 0)
		r = active_load(&daemon->common, daemon->seed, &active);
	if (r >= 0)
		r = run_open(daemon, active.config->policy, &ledger);
	daemon->hopeless = only_a_person_mends(r);
	if (r >= 0)
		r = run_explain("timer of the state file",
				saver_attach(&daemon->saver, daemon->event));
	if (r >= 0)
		r = run_explain("watch of nftables",
				firewall_attach(&daemon->firewall, daemon->event));
	if (r >= 0)
		r = run_explain("watch of the journal",
				reader_attach(&daemon->reader, daemon->event));
	if (r >= 0)
		r = run_explain("watch of ignored addresses",
				exempt_attach(&daemon->exempt, daemon->event));
	if (r >= 0)
		r = run_explain("watch of other hosts",
				fleet_attach(&daemon->fleet, daemon->event));
	if (r >= 0)
		r = run_explain("watch of lists",
				lists_attach(&daemon->lists, daemon->event, daemon->firewall.nft));
	if (r >= 0)
		r = run_explain("signal to reload", reload_attach(daemon));
	if (r >= 0)
		r = reload_enter(daemon, &active, &ledger);
	daemon->dirty |= DIRTY_UNTOLD;
	if (r >= 0)
		r = kernel_sync(daemon);
	if (r >= 0)
		r = firewall_listen(&daemon->firewall);
	if (r >= 0)
		r = kernel_clean(daemon);
	if (r >= 0)
		r = run_explain("journal cursor", reload_read(daemon));
	if (r >= 0)
		r = run_save(daemon);
	active_done(&active);
	return r;
}

static int serve(struct daemon *daemon)
{
	size_t n_jails, n_bans = 0;
	int r;

	r = start(daemon);
	if (r < 0)
		return r;
	n_jails = ruleset_n_jails(daemon->active.ruleset);
	for (const struct ban *ban = NULL; (ban = ledger_next(daemon->active.ledger, ban));)
		n_bans += ban_runs(ban, wakeup_time(daemon->event));
	log_say(LOG_START, LOG_INFO, "%sstarted: %zu jail%s, %zu active ban%s",
		daemon->dry_run ? "dry run: " : "", n_jails, PLURAL(n_jails), n_bans,
		PLURAL(n_bans));
	daemon_notify_ready();
	/* until a signal ends it */
	while (r >= 0 && sd_event_get_state(daemon->event) != SD_EVENT_FINISHED) {
		r = sd_event_run(daemon->event, UINT64_MAX);
		if (r >= 0 && sd_event_get_state(daemon->event) != SD_EVENT_FINISHED)
			r = run_turn(daemon);
	}
	(void)sd_notify(false, "STOPPING=1");
	if (r < 0 && r != -ENOMEM)
		log_say(LOG_FAULT, LOG_ERR,
			"cannot continue (%s): exiting; the next start reads on from the saved cursor",
			strerror(-r));
	if (r < 0)
		return r;
	telling_share_again(daemon);
	r = commit_position(daemon);
	log_say(LOG_STOP, LOG_INFO, "stopped; bans stay in the kernel until they expire");
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
		{ "state", "DIR", "directory of the state (default " STATEDIR ")", &daemon.statedir,
		  NULL },
		{ "directory", "DIR", "follow the journal files of this directory",
		  &daemon.common.directory, NULL },
	};
	const struct usage usage = {
		"run",
		"",
		"The daemon: follows the journal and bans. systemd starts it (banish.service); SIGHUP loads\n"
		"the configuration anew, SIGTERM ends it. Started by hand it logs to stderr.",
		rows,
		ARRAY_SIZE(rows),
		0,
		0
	};
	int first, exit_code, r;

	daemon_init(&daemon);
	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	log_open();
	r = serve(&daemon);
	if (r == -ENOMEM)
		log_say(LOG_FAULT, LOG_ERR, "out of memory");
	return daemon.hopeless ? EXIT_CONFIG : r < 0 ? EXIT_NO : EXIT_YES;
}
