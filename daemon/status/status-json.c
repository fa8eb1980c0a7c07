/* `banish status --json`: one object a line. */
#include "cli/output.h"
#include "status/status-print.h"

#define ROW_TIME_IF_ANY(name, time) ROW_TIME(name, (time) ?: USEC_INFINITY)

static int status_json_finding(const char *what, const char *message)
{
	return output_print(true, NULL,
			    (const struct row[]){ ROW_TEXT("what", what),
						  ROW_TEXT("message", message), ROW_END });
}

static int status_json_daemon(const struct status *status)
{
	const struct unit *unit = &status->unit;
	const struct row rows[] = {
		ROW_TEXT("what", "daemon"),
		ROW_TEXT("state", unit_state_name(unit->state)),
		ROW_TIME_IF_ANY("since_usec", unit->since),
		ROW_TIME_IF_ANY("started_usec", status->started),
		ROW("restarts", IF_KNOWN(unit->counts_restarts, KIND_NUMBER), number,
		    unit->restarts),
		ROW_END,
	};

	return output_print(true, NULL, rows);
}

static int status_json_journal(const struct status *status)
{
	const struct facts *facts = &status->facts;
	const struct row rows[] = {
		ROW_TEXT("what", "journal"),
		ROW_TIME_IF_ANY("oldest_usec", facts->oldest),
		ROW_TIME_IF_ANY("position_usec", facts->position),
		ROW("waiting", IF_KNOWN(status->counted_waiting, KIND_NUMBER), number,
		    facts->n_waiting),
		ROW_TIME_IF_ANY("waiting_usec", facts->oldest_waiting),
		ROW_END,
	};

	return output_print(true, NULL, rows);
}

static int status_json_firewall(const struct status *status)
{
	const struct facts *facts = &status->facts;
	const struct row rows[] = {
		ROW_TEXT("what", "firewall"),
		ROW_TEXT("table", facts->table),
		ROW_FLAG("stands", facts->has_table),
		ROW_FLAG("whole", facts->has_table && !facts->damage),
		ROW_NUMBER("passed_packets", status->passed),
		ROW_END,
	};

	return facts->sees_kernel ? output_print(true, NULL, rows) : 0;
}

static int status_json_jail(const struct status *status, const struct status_jail *jail)
{
	const struct history_count none = { 0 }, *count = jail->count ?: &none;
	const struct facts_jail unknown = { 0 }, *facts = NULL;
	enum row_kind if_counted = IF_KNOWN(jail->count, KIND_WEIGHT);
	enum row_kind if_seen = IF_KNOWN(status->facts.sees_kernel, KIND_NUMBER);
	const char *state;

	for (size_t i = 0; i < status->facts.n_jails; i++)
		if (strcmp(status->facts_jails[i].name, jail->name) == 0)
			facts = &status->facts_jails[i];
	state = facts ? unit_state_name(facts->unit_state) : NULL;
	facts = facts ?: &unknown;
	return output_print(true, NULL,
			    (const struct row[]){
				    ROW_TEXT("what", "jail"),
				    ROW_TEXT("jail", jail->name),
				    ROW_TEXT("mode", jail->rule ? policy_mode_name(
									  jail->rule->settings.mode)
								: NULL),
				    ROW("banned", if_seen, number, jail->banned),
				    ROW("failures", if_counted, number, count->failures),
				    ROW("prevented", if_counted, number, count->prevented),
				    ROW("bans", IF_KNOWN(status->history.digest, KIND_NUMBER),
					number, jail->bans),
				    ROW_TIME_IF_ANY("last_ban_usec", jail->last_ban),
				    ROW_TIME_IF_ANY("last_entry_usec", facts->last_entry),
				    ROW_TEXT("unit", facts->unit),
				    ROW_TEXT("unit_state", state),
				    ROW_TIME_IF_ANY("unit_begun_usec", facts->unit_begun),
				    ROW("packets", if_seen, number, jail->packets),
				    ROW("bytes", if_seen, number, jail->bytes),
				    ROW_END,
			    });
}

static int status_json_summary(const struct status *status)
{
	const struct history *history = &status->history;
	size_t n_problems = status->diagnosis.n_problems;
	enum row_kind if_counted = IF_KNOWN(history->jails, KIND_NUMBER);
	const struct row rows[] = {
		ROW_TEXT("what", "summary"),
		ROW_NUMBER("problems", n_problems),
		ROW_NUMBER("notes", status->diagnosis.n_findings - n_problems),
		ROW_NUMBER("unseen", status->n_unseen),
		ROW_NUMBER("since_usec", status->common.since),
		ROW("counted_since_usec", if_counted, number, history->counted_since),
		ROW("counted_until_usec", if_counted, number, history->counted_until),
		ROW("lost", IF_KNOWN(history->digest, KIND_NUMBER), number, history->n_lost),
		ROW_END,
	};

	return output_print(true, NULL, rows);
}

int status_print_json(const struct status *status)
{
	const struct diagnosis *diagnosis = &status->diagnosis;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < diagnosis->n_findings; i++)
		r = status_json_finding(diagnosis->findings[i].problem ? "problem" : "note",
					diagnosis->findings[i].text);
	for (size_t i = 0; r >= 0 && i < status->n_unseen; i++)
		r = status_json_finding("unseen", status->unseen[i]);
	if (r >= 0)
		r = status_json_daemon(status);
	if (r >= 0)
		r = status_json_journal(status);
	if (r >= 0)
		r = status_json_firewall(status);
	for (size_t i = 0; r >= 0 && i < status->n_jails; i++)
		r = status_json_jail(status, &status->jails[i]);
	if (r >= 0)
		r = history_print_warnings_json(&status->history);
	return r < 0 ? r : status_json_summary(status);
}
