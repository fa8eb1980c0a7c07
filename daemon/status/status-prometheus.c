/*
 * `banish status` as metrics: Prometheus' text format. What is not known is left out; a sum that
 * starts again from 0 is a counter, what is of the latest stretch of time is a gauge.
 */
#include "status/status-facts.h"

#include "base/printable.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* With that many decimals: 1 of a weight, 6 of a time. */
struct metric_sample {
	bool known;
	uint64_t number;
	unsigned decimals;
};

#define SAMPLE_COUNT(if_known, n)  ((struct metric_sample){ (if_known), (n), 0 })
#define SAMPLE_WEIGHT(if_known, n) ((struct metric_sample){ (if_known), (n), 1 })
#define SAMPLE_TIME(n)             ((struct metric_sample){ (n) > 0, (n), 6 })

struct metric {
	const char *name, *type, *help;
	struct metric_sample sample;
};

static void metric_print_head(const struct metric *metric)
{
	printf("# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
	       metric->type);
}

static void metric_print_value(struct metric_sample sample)
{
	uint64_t one = sample.decimals == 6 ? 1000000 : sample.decimals == 1 ? 10 : 1;

	printf("%" PRIu64, sample.number / one);
	if (sample.number % one > 0)
		printf(".%0*" PRIu64, (int)sample.decimals, sample.number % one);
	putchar('\n');
}

/* A name of somebody else's as the value of a label. */
static int metric_print_label(const char *name, const char *label, const char *value)
{
	cleanup(freep) char *text = bytes_to_display(span_of(value), MEMBER_NAME_SIZE);

	if (!text)
		return -ENOMEM;
	printf("%s{%s=\"", name, label);
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			putchar('\\');
		putchar(*p);
	}
	fputs("\"} ", stdout);
	return 0;
}

static usec_t status_lag(const struct status *status)
{
	usec_t oldest = status->facts.oldest_waiting;

	return status->facts.n_waiting > 0 && status->now > oldest ? status->now - oldest : 0;
}

static void status_print_singles(const struct status *status)
{
	const struct facts *facts = &status->facts;
	bool asked = status->unit.state != UNIT_UNASKED, has_table = facts->has_table;
	const struct metric metrics[] = {
		{ "banish_up", "gauge", "Whether the daemon runs.",
		  SAMPLE_COUNT(asked, status->unit.state == UNIT_ACTIVE) },
		{ "banish_problems", "gauge", "Problems that banish status finds.",
		  SAMPLE_COUNT(true, status->diagnosis.n_problems) },
		{ "banish_unseen", "gauge", "Parts that banish status could not examine.",
		  SAMPLE_COUNT(true, status->n_unseen) },
		{ "banish_start_time_seconds", "gauge", "When the daemon was started.",
		  SAMPLE_TIME(status->started) },
		{ "banish_restarts_total", "counter", "Restarts of the daemon by systemd.",
		  SAMPLE_COUNT(status->unit.counts_restarts, status->unit.restarts) },
		{ "banish_journal_position_timestamp_seconds", "gauge",
		  "Time of the journal entry up to which the daemon has read and saved.",
		  SAMPLE_TIME(facts->position) },
		{ "banish_journal_waiting_entries", "gauge",
		  "Journal entries behind that position, at most 100000.",
		  SAMPLE_COUNT(status->counted_waiting, facts->n_waiting) },
		{ "banish_journal_lag_seconds",
		  "gauge",
		  "Age of the oldest entry that waits; up to 30 s is normal.",
		  { status->counted_waiting, status_lag(status), 6 } },
		{ "banish_table_intact", "gauge",
		  "Whether the nftables table stands with all its parts.",
		  SAMPLE_COUNT(facts->sees_kernel, has_table && !facts->damage) },
		{ "banish_exempt_packets_total", "counter",
		  "Packets of ignored hosts that were accepted.",
		  SAMPLE_COUNT(has_table, status->passed) },
		{ "banish_recent_seconds",
		  "gauge",
		  "Length of the time that the metrics banish_recent_* are of.",
		  { true, status->now - MIN(status->common.since, status->now), 6 } },
	};

	printf("# HELP banish_build_info The version of banish.\n"
	       "# TYPE banish_build_info gauge\nbanish_build_info{version=\"%s\"} 1\n",
	       VERSION);
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		if (!metrics[i].sample.known)
			continue;
		metric_print_head(&metrics[i]);
		printf("%s ", metrics[i].name);
		metric_print_value(metrics[i].sample);
	}
}

static const struct metric jail_metrics[] = {
	{ "banish_active_bans", "gauge", "Elements in the sets of the jail now.", { 0 } },
	{ "banish_dropped_packets_total",
	  "counter",
	  "Packets of banned hosts that were kept out, since the rules were made.",
	  { 0 } },
	{ "banish_dropped_bytes_total",
	  "counter",
	  "Bytes of banned hosts that were kept out, since the rules were made.",
	  { 0 } },
	{ "banish_last_ban_timestamp_seconds", "gauge", "Time of the latest ban.", { 0 } },
	{ "banish_recent_bans", "gauge", "Bans of late, those by hand included.", { 0 } },
	{ "banish_recent_failures", "gauge", "Failures of late that counted.", { 0 } },
	{ "banish_recent_prevented",
	  "gauge",
	  "Failures of late of hosts that were banned already.",
	  { 0 } },
};

/* What the i-th of them is of that jail. Of a long journal only a part was counted: not known. */
static struct metric_sample jail_sample(const struct status *status, const struct status_jail *jail,
					size_t i)
{
	const struct history *history = &status->history;
	bool seen = status->facts.sees_kernel;
	bool counted = jail->count && !history->hurried && history->counted_since <= history->since;
	const struct metric_sample samples[ARRAY_SIZE(jail_metrics)] = {
		SAMPLE_COUNT(seen, jail->banned),
		SAMPLE_COUNT(seen, jail->packets),
		SAMPLE_COUNT(seen, jail->bytes),
		SAMPLE_TIME(jail->last_ban),
		SAMPLE_COUNT(history->digest, jail->bans),
		SAMPLE_WEIGHT(counted, counted ? jail->count->failures : 0),
		SAMPLE_WEIGHT(counted, counted ? jail->count->prevented : 0),
	};

	return samples[i];
}

static int status_print_jail_metrics(const struct status *status)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(jail_metrics); i++) {
		bool begun = false;

		for (size_t k = 0; r >= 0 && k < status->n_jails; k++) {
			struct metric_sample sample = jail_sample(status, &status->jails[k], i);

			if (!sample.known)
				continue;
			if (!begun)
				metric_print_head(&jail_metrics[i]);
			begun = true;
			r = metric_print_label(jail_metrics[i].name, "jail", status->jails[k].name);
			if (r >= 0)
				metric_print_value(sample);
		}
	}
	return r;
}

static struct nft_list_use metric_list_use(const struct status *status, const char *list)
{
	struct nft_list_use use;

	(void)nft_view_list(&status->view, list, &use); /* zeroes where it is not in force */
	return use;
}

static int status_print_list_metrics(const struct status *status)
{
	static const struct metric list_metrics[] = {
		{ "banish_list_networks", "gauge", "Networks of the list in the kernel.", { 0 } },
		{ "banish_list_dropped_packets_total",
		  "counter",
		  "Packets of networks of the list that were kept out.",
		  { 0 } },
		{ "banish_list_dropped_bytes_total",
		  "counter",
		  "Bytes of networks of the list that were kept out.",
		  { 0 } },
		{ "banish_list_file_timestamp_seconds",
		  "gauge",
		  "Time of the list's file that is in force.",
		  { 0 } },
	};
	const struct policy *policy = status->policy;
	int r = 0;

	for (size_t i = 0; status->facts.has_table && i < ARRAY_SIZE(list_metrics); i++) {
		if (policy->n_lists > 0)
			metric_print_head(&list_metrics[i]);
		for (size_t k = 0; r >= 0 && k < policy->n_lists; k++) {
			const struct nft_list_use use =
				metric_list_use(status, policy->lists[k].name);
			const struct metric_sample samples[ARRAY_SIZE(list_metrics)] = {
				SAMPLE_COUNT(true, use.n_networks),
				SAMPLE_COUNT(true, use.packets),
				SAMPLE_COUNT(true, use.bytes),
				{ true, use.file_time, 6 },
			};

			r = metric_print_label(list_metrics[i].name, "list", policy->lists[k].name);
			if (r >= 0)
				metric_print_value(samples[i]);
		}
	}
	return r;
}

static const struct metric member_metrics[] = {
	{ "banish_member_taken_total",
	  "counter",
	  "Entries of another host that were taken.",
	  { 0 } },
	{ "banish_member_refused_total",
	  "counter",
	  "Entries of another host that were not.",
	  { 0 } },
	{ "banish_member_heard_timestamp_seconds",
	  "gauge",
	  "When an entry of another host was read last.",
	  { 0 } },
	{ "banish_member_lag_seconds", "gauge", "How old that entry was then.", { 0 } },
};

/* As above, but for what is refused. */
static const struct metric server_metrics[ARRAY_SIZE(member_metrics)] = {
	{ "banish_server_taken_total",
	  "counter",
	  "Entries of a server that is followed that were taken.",
	  { 0 } },
	{ 0 },
	{ "banish_server_heard_timestamp_seconds",
	  "gauge",
	  "When an entry of a server that is followed was read last.",
	  { 0 } },
	{ "banish_server_lag_seconds", "gauge", "How old that entry was then.", { 0 } },
};

static int status_print_member_metrics(const struct status *status, bool followed)
{
	const struct metric *metrics = followed ? server_metrics : member_metrics;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(member_metrics); i++) {
		const struct member *member;
		bool begun = false, is_followed;

		for (size_t k = 0; r >= 0 && (member = status_member(status, k, &is_followed));
		     k++) {
			const struct metric_sample samples[] = {
				SAMPLE_COUNT(true, member->taken),
				SAMPLE_COUNT(metrics[1].name, status_n_refused(member)),
				SAMPLE_TIME(member->heard),
				{ member->heard > 0, status_member_lag(member), 6 },
			};

			if (is_followed != followed || !samples[i].known)
				continue;
			if (!begun)
				metric_print_head(&metrics[i]);
			begun = true;
			r = metric_print_label(metrics[i].name, followed ? "server" : "member",
					       member->name);
			if (r >= 0)
				metric_print_value(samples[i]);
		}
	}
	return r;
}

/* By kind: blind, limit, evicted, ... those that did not come up are 0. */
static int status_print_warning_metrics(const struct status *status)
{
	static const struct {
		const char *name, *id;
	} kinds[] = {
#define KIND_NAME(name, id) { #name, id },
		LOG_KINDS(KIND_NAME)
#undef KIND_NAME
	};
	static const struct metric metric = {
		"banish_recent_warnings", "gauge", "Warnings of the daemon of late, by kind.", { 0 }
	};
	const struct digest *digest = status->history.digest;
	int r = 0;

	if (!digest)
		return 0;
	metric_print_head(&metric);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(kinds); i++) {
		char kind[24] = "";
		uint64_t n = 0;

		for (size_t k = 0; k < digest->n_remarks; k++)
			if (strcmp(digest->remarks[k].id, kinds[i].id) == 0)
				n += digest->remarks[k].count;
		for (size_t k = 0; kinds[i].name[k + 4] && k < sizeof(kind) - 1; k++)
			kind[k] = (char)tolower((unsigned char)kinds[i].name[k + 4]); /* LOG_ */
		r = metric_print_label(metric.name, "kind", kind);
		if (r >= 0)
			metric_print_value(SAMPLE_COUNT(true, n));
	}
	return r;
}

int status_print_prometheus(const struct status *status)
{
	int r;

	status_print_singles(status);
	r = status_print_jail_metrics(status);
	if (r >= 0)
		r = status_print_list_metrics(status);
	if (r >= 0)
		r = status_print_member_metrics(status, false);
	if (r >= 0)
		r = status_print_member_metrics(status, true);
	return r < 0 ? r : status_print_warning_metrics(status);
}
