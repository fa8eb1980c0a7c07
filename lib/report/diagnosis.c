#include "report/diagnosis.h"

#include "base/array.h"
#include "base/buffer.h"
#include "report/human.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define MINUTE      (60 * USEC_PER_SEC)
#define DAY         (24 * USEC_PER_HOUR)
#define LIST_IS_OLD (8 * DAY)    /* they are fetched once a day, some are made once a week */
#define SETTLED     (2 * MINUTE) /* the position is saved twice a minute; so old it is no news */
/* Every server tells of its own start: one that has not after this time logs elsewhere. */
#define SPEECHLESS  (10 * MINUTE)

void diagnosis_done(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->n_findings; i++)
		free(diagnosis->findings[i].text);
	free(diagnosis->findings);
	*diagnosis = (struct diagnosis){ 0 };
}

const char *unit_state_name(enum unit_state state)
{
	static const char *const names[] = {
		[UNIT_UNASKED] = "unknown",   [UNIT_MISSING] = "missing", [UNIT_ACTIVE] = "active",
		[UNIT_STARTING] = "starting", [UNIT_STOPPED] = "stopped", [UNIT_FAILED] = "failed",
	};

	return names[state];
}

static usec_t age_of(const struct facts *facts, usec_t time)
{
	return facts->now > time ? facts->now - time : 0;
}

/* Problems stand first, each kind in the order in which it was found. */
static int printf_like(3, 4) add(struct diagnosis *d, bool problem, const char *format, ...)
{
	va_list arguments;
	size_t place;
	char *text;

	va_start(arguments, format);
	text = text_of_format(format, arguments);
	va_end(arguments);
	if (!text)
		return -ENOMEM;
	if (!array_grow(d->findings, d->n_findings)) {
		free(text);
		return -ENOMEM;
	}
	place = problem ? d->n_problems++ : d->n_findings;
	memmove(&d->findings[place + 1], &d->findings[place],
		(d->n_findings++ - place) * sizeof(*d->findings));
	d->findings[place] = (struct finding){ problem, text };
	return 0;
}

static int diagnosis_look_at_unit(const struct facts *facts, struct diagnosis *d)
{
	switch (facts->unit) {
	case UNIT_MISSING:
		return add(d, true,
			   "there is no banish.service: install it, then systemctl "
			   "daemon-reload");
	case UNIT_STOPPED:
		return add(d, true,
			   "the daemon does not run, new attackers get through: systemctl "
			   "start banish");
	case UNIT_FAILED:
		return add(d, true,
			   "the daemon has failed (%s), new attackers get through: journalctl -u "
			   "banish -n 20 tells why",
			   facts->result ? facts->result : "no reason known");
	case UNIT_STARTING:
		if (facts->restarts > 0)
			return add(
				d, true,
				"the daemon fails at each start, %llu times so far: the warnings below and journalctl -u "
				"banish -n 20 tell why",
				(unsigned long long)facts->restarts);
		return add(d, false, "the daemon is being started");
	case UNIT_ACTIVE:
		if (facts->dry_run)
			return add(
				d, true,
				"the daemon runs with --dry-run and bans nobody: remove that option "
				"from its unit");
		break;
	case UNIT_UNASKED:
		break;
	}
	return 0;
}

static int look_at_kernel(const struct facts *facts, struct diagnosis *d)
{
	bool running = facts->unit == UNIT_ACTIVE;

	if (!facts->sees_kernel || facts->dry_run)
		return 0;
	if (!facts->has_table)
		return add(d, true, "there is no nftables table inet %s, nobody is banned: %s",
			   facts->table,
			   running ? "systemctl restart banish, then journalctl -u banish -n 20"
				   : "the daemon makes it at its start");
	if (facts->damage)
		return add(d, true, "the nftables table inet %s is not whole, %s: %s", facts->table,
			   facts->damage,
			   running ? "systemctl reload banish restores it"
				   : "the daemon restores it at its start");
	if (facts->full)
		return add(
			d, true,
			"the set %s is full, no more bans fit: ban networks, or for a shorter time "
			"(see banish.json(5)), or end some with banish unban",
			facts->full);
	return 0;
}

static int look_at_config(const struct facts *facts, struct diagnosis *d)
{
	if (facts->config_fault)
		return add(
			d, true,
			"the configuration has faults, the daemon would not start with it: banish "
			"check prints all; the first is %s",
			facts->config_fault);
	if (facts->n_jails == 0)
		return add(d, true,
			   "no jail is in force, so nobody is ever banned: write \"jails\" into "
			   "banish.json, see banish.json(5)");
	if (facts->unresolved) {
		int r = add(
			d, true,
			"no address of %s, which stands in ignoreip, is known, so it is not exempt: "
			"systemctl start banish-resolve, then journalctl -u banish-resolve -n 20",
			facts->unresolved);

		if (r < 0)
			return r;
	}
	if (facts->stale_config)
		return add(
			d, false,
			"the configuration was changed after the daemon read it: banish check && "
			"systemctl reload banish");
	return 0;
}

static int look_at_state(const struct facts *facts, struct diagnosis *d)
{
	char age[FIGURE_TEXT_MAX], count[FIGURE_TEXT_MAX];

	if (facts->state_trouble)
		return add(d, true, "the state cannot be saved, a crash would lose bans: %s",
			   facts->state_trouble);
	if (!facts->sees_state || facts->unit != UNIT_ACTIVE || facts->dry_run ||
	    facts->oldest_waiting == 0 || age_of(facts, facts->unit_since) < SETTLED ||
	    age_of(facts, facts->oldest_waiting) < SETTLED)
		return 0;
	return add(d, true,
		   "the daemon is %s behind the journal, %s entries wait: if that does not shrink, "
		   "journalctl -u banish -n 20 may tell why",
		   human_age(age_of(facts, facts->oldest_waiting), age),
		   human_count(facts->n_waiting, count));
}

#define FEW         3                   /* failures */
#define REACHES_FOR (2 * USEC_PER_HOUR) /* the daemon says it once an hour */

bool overlooked_matters(const struct overlooked *overlooked)
{
	return overlooked->jail[0] ? overlooked->n > 0 : overlooked->n_failures >= FEW;
}

char *overlooked_say(const struct overlooked *overlooked, bool blind)
{
	const char *rule = overlooked->rule, *source = overlooked->source;
	char *text;
	int r;

	if (blind)
		r = asprintf(
			&text,
			"jail %s is blind: no entry that it reads has come of late, but %s logs "
			"lines that its rule knows: name that in \"journal\" of the jail",
			overlooked->jail, source);
	else if (strncmp(source, OVERLOOKED_CONTAINER, strlen(OVERLOOKED_CONTAINER)) == 0)
		r = asprintf(&text,
			     "%s logs lines that rule %s knows, but no jail reads them: \"banish "
			     "setup\" prints one, banish-containers(7) explains it",
			     source, rule);
	else if (overlooked->jail[0])
		r = asprintf(
			&text,
			"%s logs lines that rule %s knows, but jail %s does not read them: if it "
			"serves strangers, name it in \"journal\" of the jail",
			source, rule, overlooked->jail);
	else
		r = asprintf(
			&text,
			"%s logs failures that rule %s knows, but there is no such jail: write "
			"\"%s\": {} into \"jails\" of banish.json",
			source, rule, rule);
	return r < 0 ? NULL : text;
}

/* Of what the jail's rule knows and it does not read; NULL: none. */
static const struct overlooked *find_overlooked(const struct facts *facts,
						const struct facts_jail *jail)
{
	for (size_t i = 0; i < facts->n_overlooked; i++)
		if (facts->overlooked[i].jail[0] &&
		    strcmp(facts->overlooked[i].rule, jail->rule) == 0)
			return &facts->overlooked[i];
	return NULL;
}

static bool is_overlooking(const struct facts *facts, const struct facts_jail *jail)
{
	return facts->sees_journal && age_of(facts, jail->last_entry) >= OVERLOOKED_AFTER &&
	       find_overlooked(facts, jail);
}

static int add_overlooked(struct diagnosis *d, const struct overlooked *overlooked, bool blind)
{
	cleanup(freep) char *text = overlooked_say(overlooked, blind);

	return text ? add(d, blind, "%s", text) : -ENOMEM;
}

/* Each but those of blind jails, which are told there. */
static int look_around(const struct facts *facts, struct diagnosis *d)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < facts->n_overlooked; i++) {
		const struct overlooked *overlooked = &facts->overlooked[i];
		bool told = !overlooked_matters(overlooked);

		for (size_t k = 0; !told && overlooked->jail[0] && k < facts->n_jails; k++)
			told = strcmp(facts->jails[k].rule, overlooked->rule) == 0 &&
			       is_overlooking(facts, &facts->jails[k]);
		if (!told)
			r = add_overlooked(d, overlooked, false);
	}
	return r;
}

/* How the journal is kept, and who stands in it. */
static int diagnosis_look_at_journal(const struct facts *facts, struct diagnosis *d)
{
	char reaches[FIGURE_TEXT_MAX], needed[FIGURE_TEXT_MAX];
	usec_t age = age_of(facts, facts->oldest);
	int r = 0;

	if (facts->front)
		r = add(d, false, "%s", facts->front);
	if (r >= 0 && facts->is_volatile)
		r = add(d, false,
			"the journal is in memory only, so the next boot forgets the failures before "
			"it: set Storage=persistent in journald.conf");
	if (r < 0 || !facts->begins_late || facts->oldest == 0 ||
	    age >= MAX(facts->reach, facts->note_reach))
		return r;
	return add(
		d, false,
		"the journal reaches back only %s, but a start or reload needs %s of it: %s; give "
		"it more room (SystemMaxUse=, MaxRetentionSec= in journald.conf)",
		human_age(age, reaches),
		human_age(age < facts->reach ? facts->reach : facts->note_reach, needed),
		age < facts->reach ? "failures before that are forgotten"
				   : "lines that belong to older sessions count for nobody");
}

/* A unit that has started after its last entry, and has not told even that, logs elsewhere. */
static bool is_speechless(const struct facts *facts, const struct facts_jail *jail)
{
	return jail->unit_state == UNIT_ACTIVE && jail->unit_begun > 0 && !jail->narrow &&
	       jail->last_entry < jail->unit_begun && facts->oldest < jail->unit_begun &&
	       age_of(facts, jail->unit_begun) >= SPEECHLESS;
}

static int diagnosis_look_at_silence(const struct facts *facts, const struct facts_jail *jail,
				     struct diagnosis *d)
{
	usec_t quiet = age_of(facts, MAX(jail->last_entry, facts->oldest));
	const char *unit = jail->unit ? jail->unit : "its unit";
	char age[FIGURE_TEXT_MAX];

	if (!facts->sees_journal || jail->built_in)
		return 0;
	if (is_overlooking(facts, jail))
		return add_overlooked(d, find_overlooked(facts, jail), true);
	if (is_speechless(facts, jail))
		return add(
			d, true,
			"jail %s is blind: %s runs for %s, and the journal has no entry of it that "
			"the rule reads; does it log to a file, or as another unit?",
			jail->name, unit, human_age(age_of(facts, jail->unit_begun), age));
	if (jail->unit_state == UNIT_MISSING && jail->last_entry == 0)
		return add(
			d, true,
			"jail %s is blind: this machine has no %s, and the journal no entry that the "
			"rule reads; remove the jail, or correct \"journal\" in its rule",
			jail->name, unit);
	if (jail->unit_state == UNIT_STOPPED || jail->unit_state == UNIT_FAILED)
		return add(d, false, "jail %s: %s %s", jail->name, unit,
			   jail->unit_state == UNIT_FAILED ? "has failed" : "does not run");
	if (quiet < DAY)
		return 0;
	if (jail->last_entry == 0)
		return add(
			d, jail->unit_state != UNIT_ACTIVE || jail->unit_begun == 0,
			"jail %s %s: the journal, which begins %s ago, has no entry that the rule "
			"reads; does %s log to a file, or as another unit?",
			jail->name,
			jail->unit_state == UNIT_ACTIVE && jail->unit_begun > 0 ? "may be blind"
										: "is blind",
			human_age(quiet, age), unit);
	return add(d, false, "jail %s: the last entry that its rule reads is %s old", jail->name,
		   human_age(quiet, age));
}

static int look_at_jail(const struct facts *facts, const struct facts_jail *jail,
			struct diagnosis *d)
{
	char age[FIGURE_TEXT_MAX];
	int r;

	if (jail->held_since > 0 && facts->now < jail->held_until)
		return add(
			d, true,
			"jail %s bans nobody for %s now: too many bans came at once (maxbans); banish "
			"report --since '1h ago' lists its bans",
			jail->name, human_age(age_of(facts, jail->held_since), age));
	if (jail->reach_said > 0 && age_of(facts, jail->reach_said) < REACHES_FOR) {
		r = add(d, true,
			"jail %s: banned hosts still reach the server, as the daemon logged %s ago; does "
			"\"ports\" of the jail hold every port of it, or is there a proxy in front?",
			jail->name, human_age(age_of(facts, jail->reach_said), age));
		if (r < 0)
			return r;
	}
	if (jail->hidden_said > 0)
		return add(
			d, true,
			"jail %s is blind for clients that the container engine hides, as the daemon "
			"logged %s ago: with Docker set \"userland-proxy\": false, with rootless Podman "
			"use pasta; see banish-containers(7)",
			jail->name, human_age(age_of(facts, jail->hidden_said), age));
	if (jail->silent_said > 0)
		return add(
			d, false,
			"jail %s: its rule has matched nothing for days, as the daemon logged %s ago; "
			"has the log format changed? journalctl -o json --all -n 1000 -u %s | banish "
			"test",
			jail->name, human_age(age_of(facts, jail->silent_said), age),
			jail->unit ? jail->unit : "UNIT");
	if (jail->shape) {
		r = add(d, false,
			"jail %s: %llu of the last lines that it reads tell of a failure and an "
			"address, and no event of its rule takes them: \"%s\"; journalctl -o json "
			"--all -n 1000 -u %s | banish test lists such lines",
			jail->name, (unsigned long long)jail->n_shape, jail->shape,
			jail->unit ? jail->unit : "UNIT");
		if (r < 0)
			return r;
	}
	return diagnosis_look_at_silence(facts, jail, d);
}

static int look_at_list(const struct facts *facts, const struct facts_list *list,
			struct diagnosis *d)
{
	char age[FIGURE_TEXT_MAX];

	if (!list->in_force)
		return add(d, true,
			   "list %s is not in force: the daemon logs why it does not take %s; "
			   "\"systemctl start banish-list@%s\" fetches it anew",
			   list->name, list->file, list->name);
	if (age_of(facts, list->file_time) < LIST_IS_OLD)
		return 0;
	return add(d, false,
		   "list %s is %s old: is the program that fetches %s still at work? systemctl "
		   "list-timers banish-list@%s.timer",
		   list->name, human_age(age_of(facts, list->file_time), age), list->file,
		   list->name);
}

int diagnose(const struct facts *facts, struct diagnosis *ret)
{
	cleanup(diagnosis_done) struct diagnosis d = { 0 };
	int r;

	r = diagnosis_look_at_unit(facts, &d);
	if (r >= 0)
		r = look_at_kernel(facts, &d);
	if (r >= 0)
		r = look_at_config(facts, &d);
	if (r >= 0)
		r = look_at_state(facts, &d);
	if (r >= 0)
		r = diagnosis_look_at_journal(facts, &d);
	for (size_t i = 0; r >= 0 && i < facts->n_jails; i++)
		r = look_at_jail(facts, &facts->jails[i], &d);
	for (size_t i = 0; r >= 0 && facts->has_table && i < facts->n_lists; i++)
		r = look_at_list(facts, &facts->lists[i], &d);
	if (r >= 0)
		r = look_around(facts, &d);
	if (r >= 0 && facts->unit != UNIT_UNASKED && facts->unit != UNIT_MISSING &&
	    !facts->starts_at_boot)
		r = add(&d, false,
			"the daemon would not start at the next boot: systemctl enable banish");
	if (r < 0)
		return r;
	*ret = d;
	d = (struct diagnosis){ 0 };
	return 0;
}
