/* banish status - does it work, and if not, what is wrong and what helps? Nothing is changed. */
#include "status/status-facts.h"

#include "cli/timestamp.h"
#include "cli/verb.h"
#include "entry/cursor.h"
#include "io/file.h"
#include "io/state.h"
#include "io/terminal.h"
#include "ledger/encode.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT_NAME   "banish.service"
#define PATIENCE    (3 * USEC_PER_SEC)   /* for counting failures; who asks is waiting */
#define MAX_WAITING 100000               /* entries behind the position that are counted */
#define SPAN        (24 * USEC_PER_HOUR) /* of what is counted */

static void status_done(struct status *status)
{
	diagnosis_done(&status->diagnosis);
	history_done(&status->history);
	survey_done(&status->survey);
	unit_done(&status->unit);
	nft_view_done(&status->view);
	journal_free(status->journal);
	ruleset_free(status->ruleset);
	ledger_free(status->members);
	if (status->owns_policy)
		policy_free(status->policy);
	config_free(status->config);
	free(status->jails);
	free(status->lists);
	free(status->facts.jails);
	free(status->fault);
	free(status->damage);
	free(status->full);
	free(status->trouble);
	free(status->front);
	for (size_t i = 0; i < status->n_unseen; i++)
		free(status->unseen[i]);
}

/* Faults are an answer: the kernel and the journal can still be looked at. */
static int status_load_config(struct status *status)
{
	cleanup(faults_done) struct faults faults = { 0 };
	cleanup(freep) char *path = NULL;
	int r;

	if (asprintf(&path, "%s/banish.json", status->common.confdir) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (access(path, R_OK) < 0 && errno == EACCES) {
		r = status_add_unseen(status, "the configuration was", "only root may read it");
	} else {
		r = config_load(status->common.confdir, status->common.rulesdir,
				CONFIG_POLICY_REQUIRED, &faults, &status->config);
		if (r >= 0)
			r = config_compile_all(status->config, true, &faults, &status->ruleset);
		if (r == -EINVAL) {
			status->fault = strdup(faults.n_lines > 0 ? faults.lines[0] : "not known");
			r = status->fault ? 0 : -ENOMEM;
		}
	}
	if (r < 0)
		return r;
	status->facts.config_fault = status->fault;
	status->owns_policy = !status->config || !status->config->policy;
	status->policy = status->owns_policy ? policy_new() : status->config->policy;
	return status->policy ? 0 : -ENOMEM;
}

/* The process that wrote the entry still runs, and is ours. */
static bool is_alive(const struct entry *entry, uint32_t *ret_process)
{
	char path[64], text[24] = "";
	cleanup(freep) char *name = NULL;
	struct span value;
	size_t size;

	if (entry_field(entry, "_PID", &value) <= 0 || value.size >= sizeof(text))
		return false;
	memcpy(text, value.data, value.size);
	*ret_process = (uint32_t)strtoul(text, NULL, 10);
	snprintf(path, sizeof(path), "/proc/%u/comm", *ret_process);
	return file_read(path, sizeof(text), &name, &size) >= 0 && strcmp(name, "banish\n") == 0;
}

static int status_look_at_unit(struct status *status)
{
	cleanup(units_freep) struct units *units = NULL;
	struct unit *unit = &status->unit;
	struct span message;
	int r;

	r = units_open(&units);
	if (r >= 0)
		r = units_ask(units, UNIT_NAME, unit);
	if (r < 0)
		return r;
	r = status->journal ? status_go_to_last(status->journal, LOG_START, NULL, &status->started)
			    : 0;
	if (r > 0) {
		if (entry_field(journal_entry(status->journal), "MESSAGE", &message) > 0)
			status->facts.dry_run = memmem(message.data, message.size, "dry run",
						       strlen("dry run")) != NULL;
		/* systemd gives no answer: the daemon's own word and the process that wrote it */
		if (unit->state == UNIT_UNASKED) {
			unit->state = UNIT_STOPPED;
			if (is_alive(journal_entry(status->journal), &unit->process)) {
				unit->state = UNIT_ACTIVE;
				unit->since = status->started;
			}
		}
	}
	status->loaded = status->started;
	if (r >= 0 && status->journal) {
		usec_t reloaded = 0;

		r = status_go_to_last(status->journal, LOG_RELOAD, NULL, &reloaded);
		status->loaded = MAX(status->loaded, reloaded);
	}
	status->facts.unit = unit->state;
	status->facts.unit_since = MAX(unit->since, status->loaded);
	status->facts.result = unit->result;
	status->facts.restarts = unit->restarts;
	status->facts.starts_at_boot = unit->starts_at_boot;
	if (r >= 0 && unit->state == UNIT_UNASKED)
		r = status_add_unseen(status, "the daemon's unit was",
				      "systemd gives no answer, and the journal has none");
	return MIN(r, 0);
}

/* A time to come is no younger: it would be so for ever. */
static bool is_younger(const struct status *status, const char *path)
{
	struct stat file;
	usec_t changed;

	if (stat(path, &file) < 0)
		return false;
	changed = (usec_t)file.st_mtim.tv_sec * USEC_PER_SEC + (usec_t)file.st_mtim.tv_nsec / 1000;
	return changed > status->loaded && changed <= status->now;
}

/* How many entries wait behind the cursor, up to a bound. */
static int count_waiting(struct status *status, const char *cursor)
{
	usec_t begin = timestamp_monotonic();
	int r;

	r = journal_select(status->journal, status->ruleset, false);
	if (r >= 0)
		r = journal_settle(status->journal);
	if (r >= 0)
		r = journal_seek_after(status->journal, cursor);
	while (r >= 0 && (r = journal_next(status->journal)) > 0) {
		if (status->facts.n_waiting++ == 0)
			r = entry_time(journal_entry(status->journal),
				       &status->facts.oldest_waiting);
		if (status->facts.n_waiting >= MAX_WAITING ||
		    timestamp_monotonic() - begin > PATIENCE)
			break;
	}
	return r == -EBADMSG ? 0 : MIN(r, 0);
}

static int look_at_position(struct status *status)
{
	static const uint8_t seed[16] = "one line a time";
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	cleanup(freep) char *line = NULL;
	struct position position;
	int r;

	r = state_peek(status->statedir, &line);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return status_add_unseen(
			status, "the state (up to where the journal has been read) was",
			r == -EACCES ? "only root may read it"
			: r == -ENOENT
				? "there is no such directory, the daemon makes it at its start"
				: strerror(-r));
	status->facts.sees_state = true;
	if (r > 0)
		r = ledger_new(seed, &ledger);
	if (r < 0 || !ledger)
		return r;
	r = ledger_decode(ledger, span_of(line));
	if (r == -ENOMEM)
		return r;
	position = ledger_position(ledger);
	if (r < 0 || !cursor_is_valid(position.cursor))
		return 0; /* the daemon says what is wrong with it */
	status->facts.position = position.time;
	/* what rules read that are not in force yet does not wait */
	if (!status->journal || !status->ruleset || status->facts.stale_config)
		return 0;
	status->counted_waiting = true;
	line = (free(line), strndup(position.cursor.data, position.cursor.size));
	return line ? count_waiting(status, line) : -ENOMEM;
}

/* The state could not be written, and nothing else was said of it since. */
static int look_for_trouble(struct status *status)
{
	const struct digest *digest = status->history.digest;
	usec_t first = status_begun(status);

	for (size_t i = 0; i < digest->n_remarks; i++) {
		const struct digest_remark *remark = &digest->remarks[i];

		if (strcmp(remark->id, log_id(LOG_STATE)) != 0 || remark->last <= remark->calmed ||
		    remark->last < first)
			continue;
		free(status->trouble);
		status->trouble = strdup(remark->message);
		if (!status->trouble)
			return -ENOMEM;
	}
	status->facts.state_trouble = status->trouble;
	return 0;
}

/* The first name in ignoreip that nobody has resolved yet. */
static int look_for_names(struct status *status)
{
	const struct ignorelist *names = &status->policy->ignore_names;
	int r = 1;

	if (access(IGNOREDIR, R_OK | X_OK) < 0 && errno == EACCES)
		return 0;
	for (size_t i = 0; r > 0 && i < names->n_names; i++) {
		cleanup(ignorelist_freep) struct ignorelist *answer = NULL;

		r = config_read_answer(names->names[i], &answer);
		if (r == 0)
			status->facts.unresolved = names->names[i];
	}
	return MIN(r, 0);
}

/* What happened, if there is a journal. */
static int look_at_past(struct status *status)
{
	struct history *history = &status->history;
	int r;

	history->since = status->common.since;
	history->until = status->now;
	history->timed = terminal_width() > 0 && !status->common.json && !status->prometheus;
	if (!status->journal)
		return 0;
	r = history_read_said(history, status->journal);
	if (r >= 0 && status->ruleset)
		r = history_count(history,
				  &(struct history_source){ status->journal, status->ruleset,
							    status->policy, PATIENCE });
	if (r >= 0 && history->jails)
		r = front_explain(&history->front, &status->front);
	status->facts.front = status->front;
	status->facts.reach = history->reach;
	status->facts.note_reach = history->note_reach;
	return r < 0 ? r : look_for_trouble(status);
}

/* What the rules know and nobody reads, and what is read and nobody knows. */
static int status_look_around(struct status *status)
{
	struct facts *facts = &status->facts;
	int r;

	if (!status->journal || !status->ruleset)
		return 0;
	r = survey_take(status->journal, &status->common, status->ruleset, status->now, PATIENCE,
			&status->survey);
	if (r < 0)
		return r;
	facts->overlooked = status->survey.overlooked;
	facts->n_overlooked = status->survey.n_overlooked;
	for (size_t i = 0; i < facts->n_jails; i++) {
		facts->jails[i].shape = status->survey.shapes[i].text;
		facts->jails[i].n_shape = status->survey.shapes[i].n;
	}
	return 0;
}

/* What cannot be looked at is an answer too; negative errno: no memory, or the journal broke. */
static int status_find(struct status *status)
{
	struct facts *facts = &status->facts;
	int r;

	facts->now = status->now;
	r = status_load_config(status);
	if (r < 0)
		return r;
	r = journal_open(status->common.file, status->common.directory, false, &status->journal);
	facts->sees_journal = r >= 0;
	if (r >= 0 && journal_oldest(status->journal, &facts->oldest) < 0)
		facts->oldest = 0; /* not known */
	if (r >= 0) {
		facts->is_volatile = journal_is_volatile(status->journal);
		facts->begins_late = journal_begins_late(status->journal) > 0;
	}
	if (r < 0 && r != -ENOMEM)
		r = status_add_unseen(status, "the journal was", journal_explain(r));
	if (r >= 0)
		r = status_look_at_unit(status);
	if (r < 0)
		return r;
	/* the files in force against the time when the daemon read them */
	if (status->ruleset && status->loaded > 0 && status->unit.state == UNIT_ACTIVE) {
		facts->stale_config = is_younger(status, status->config->policy_file);
		for (unsigned i = 0; i < ruleset_n_jails(status->ruleset); i++)
			if (is_younger(status, ruleset_jail(status->ruleset, i)->rule->file))
				facts->stale_config = true;
	}
	r = look_for_names(status);
	if (r >= 0)
		r = look_at_past(status);
	if (r >= 0)
		r = status_look_at_jails(status);
	if (r >= 0)
		r = status_look_around(status);
	if (r >= 0)
		r = status_look_at_kernel(status);
	if (r >= 0)
		r = look_at_position(status);
	if (r >= 0)
		r = status_look_at_fleet(status);
	if (r < 0)
		return r;
	status_take_out_mended(status);
	return diagnose(facts, &status->diagnosis);
}

int verb_status(int argc, char **argv)
{
	cleanup(status_done) struct status status = { .common = COMMON_DEFAULTS,
						      .statedir = STATEDIR };
	const struct option_row rows[] = {
		OPTION_CONFIG(status.common),
		{ "state", "DIR", "directory of the state (default " STATEDIR ")", &status.statedir,
		  NULL },
		OPTION_JSON(status.common),
		{ "prometheus", NULL, "print metrics for Prometheus; exit 0 whatever they say",
		  &status.prometheus, NULL },
		OPTION_PLACE(status.common),
		{ "since", "TIME", "count failures, bans and warnings from here (default 1d ago)",
		  &status.common.since, parse_time },
		OPTION_LOOKS(status.looks),
	};
	const struct usage usage = USAGE(
		"status", "", 0, 0, rows,
		"Tells whether the daemon works, jail by jail, what is wrong, and what helps.\n"
		"Exit 0: all is well; 1: it is not, or not all could be looked at.");
	int first, exit_code, r;

	status.common.since = USEC_INFINITY; /* 1970 may be asked for */
	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	if (status.prometheus && status.common.json) {
		fprintf(stderr, "banish status: --prometheus and --json exclude each other\n");
		return EXIT_USAGE;
	}
	status.now = timestamp_now();
	if (status.common.since == USEC_INFINITY)
		status.common.since = status.now > SPAN ? status.now - SPAN : 0;
	terminal_init(status.looks.color);
	r = status_find(&status);
	if (r >= 0 && !status.common.json && !status.prometheus && !status.looks.no_pager)
		terminal_page();
	if (r >= 0)
		r = status_print(&status);
	terminal_close();
	if (r < 0)
		fprintf(stderr, "banish status: %s\n", strerror(-r));
	if (status.prometheus)
		return r < 0 ? EXIT_NO : EXIT_YES;
	return r < 0 || status.diagnosis.n_problems > 0 || status.n_unseen > 0 ? EXIT_NO : EXIT_YES;
}
