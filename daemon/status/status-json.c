/* `banish status --json`: one object a line. */
#include "status/status.h"

#include "cli/output.h"

/* 0: null. */
static bool add_time(cJSON *object, const char *key, usec_t time)
{
	return print_add_until(object, key, time > 0 ? time : USEC_INFINITY);
}

static bool add_if_known(cJSON *object, const char *key, bool known, uint64_t number)
{
	return known ? print_add_number(object, key, number) : print_add_text(object, key, NULL);
}

static bool add_flag(cJSON *object, const char *key, bool flag)
{
	return cJSON_AddBoolToObject(object, key, flag) != NULL;
}

static int print_finding(const char *what, const char *message)
{
	cJSON *object = cJSON_CreateObject();

	return print_line(object, print_add_text(object, "what", what) &&
					  print_add_text(object, "message", message));
}

static int status_json_print_daemon(const struct status *status)
{
	const struct unit *unit = &status->unit;
	cJSON *object = cJSON_CreateObject();

	return print_line(object,
			  print_add_text(object, "what", "daemon") &&
				  print_add_text(object, "state", unit_state_name(unit->state)) &&
				  add_time(object, "since_usec", unit->since) &&
				  add_time(object, "started_usec", status->started) &&
				  add_if_known(object, "restarts", unit->counts_restarts,
					       unit->restarts));
}

static int print_journal(const struct status *status)
{
	const struct facts *facts = &status->facts;
	cJSON *object = cJSON_CreateObject();

	return print_line(object, print_add_text(object, "what", "journal") &&
					  add_time(object, "oldest_usec", facts->oldest) &&
					  add_time(object, "position_usec", facts->position) &&
					  add_if_known(object, "waiting", status->counted_waiting,
						       facts->n_waiting) &&
					  add_time(object, "waiting_usec", facts->oldest_waiting));
}

static int status_json_print_firewall(const struct status *status)
{
	cJSON *object = cJSON_CreateObject();
	bool whole;

	if (!status->facts.sees_kernel) {
		cJSON_Delete(object);
		return 0;
	}
	whole = print_add_text(object, "what", "firewall") &&
		print_add_text(object, "table", status->facts.table) &&
		add_flag(object, "stands", status->facts.has_table) &&
		add_flag(object, "whole", status->facts.has_table && !status->facts.damage) &&
		print_add_number(object, "passed_packets", status->passed);
	return print_line(object, whole);
}

static bool add_counts(cJSON *object, const struct history_count *count)
{
	if (!count)
		return print_add_text(object, "failures", NULL) &&
		       print_add_text(object, "prevented", NULL);
	return print_add_weight(object, "failures", count->failures) &&
	       print_add_weight(object, "prevented", count->prevented);
}

static int status_json_print_jail(const struct status *status, size_t index)
{
	const struct status_jail *jail = &status->jails[index];
	const struct facts_jail *facts = NULL;
	cJSON *object = cJSON_CreateObject();
	bool whole;

	for (size_t i = 0; i < status->facts.n_jails; i++)
		if (strcmp(status->facts_jails[i].name, jail->name) == 0)
			facts = &status->facts_jails[i];
	whole = print_add_text(object, "what", "jail") &&
		print_add_text(object, "jail", jail->name) &&
		print_add_text(object, "mode",
			       jail->rule ? policy_mode_name(jail->rule->settings.mode) : NULL) &&
		add_if_known(object, "banned", status->facts.sees_kernel, jail->banned) &&
		add_counts(object, jail->count) &&
		add_if_known(object, "bans", status->history.digest, jail->bans) &&
		add_time(object, "last_ban_usec", jail->last_ban) &&
		add_time(object, "last_entry_usec", facts ? facts->last_entry : 0) &&
		print_add_text(object, "unit", facts ? facts->unit : NULL) &&
		print_add_text(object, "unit_state",
			       facts ? unit_state_name(facts->unit_state) : NULL) &&
		add_time(object, "unit_begun_usec", facts ? facts->unit_begun : 0) &&
		add_if_known(object, "packets", status->facts.sees_kernel, jail->packets) &&
		add_if_known(object, "bytes", status->facts.sees_kernel, jail->bytes);
	return print_line(object, whole);
}

static int status_json_print_summary(const struct status *status)
{
	size_t n_problems = status->diagnosis.n_problems;
	bool counted = status->history.jails;
	cJSON *object = cJSON_CreateObject();

	return print_line(object,
			  print_add_text(object, "what", "summary") &&
				  print_add_number(object, "problems", n_problems) &&
				  print_add_number(object, "notes",
						   status->diagnosis.n_findings - n_problems) &&
				  print_add_number(object, "unseen", status->n_unseen) &&
				  print_add_number(object, "since_usec", status->common.since) &&
				  add_if_known(object, "counted_since_usec", counted,
					       status->history.counted_since) &&
				  add_if_known(object, "counted_until_usec", counted,
					       status->history.counted_until) &&
				  add_if_known(object, "lost", status->history.digest,
					       status->history.n_lost));
}

int status_print_json(const struct status *status)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < status->diagnosis.n_findings; i++)
		r = print_finding(status->diagnosis.findings[i].problem ? "problem" : "note",
				  status->diagnosis.findings[i].text);
	for (size_t i = 0; r >= 0 && i < status->n_unseen; i++)
		r = print_finding("unseen", status->unseen[i]);
	if (r >= 0)
		r = status_json_print_daemon(status);
	if (r >= 0)
		r = print_journal(status);
	if (r >= 0)
		r = status_json_print_firewall(status);
	for (size_t i = 0; r >= 0 && i < status->n_jails; i++)
		r = status_json_print_jail(status, i);
	if (r >= 0)
		r = history_print_warnings_json(&status->history);
	return r < 0 ? r : status_json_print_summary(status);
}
