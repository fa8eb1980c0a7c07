#include "run/events.h"

#include "base/timespan.h"
#include "cli/output.h"
#include "io/log.h"

#include <stdio.h>

#define NUMBER_TEXT_MAX 24 /* bytes */
#define USER_SHOWN      80 /* bytes of a user name that a stranger chose */

struct ban_texts {
	char address[ADDRESS_TEXT_MAX], prefix[PREFIX_TEXT_MAX], failures[WEIGHT_TEXT_MAX],
		users[NUMBER_TEXT_MAX], offence[NUMBER_TEXT_MAX], bantime[NUMBER_TEXT_MAX],
		until[NUMBER_TEXT_MAX], span[TIMESPAN_TEXT_MAX];
};

static const char *number(usec_t value, char text[static NUMBER_TEXT_MAX])
{
	if (value == USEC_INFINITY)
		return strcpy(text, "infinity");
	snprintf(text, NUMBER_TEXT_MAX, "%llu", (unsigned long long)value);
	return text;
}

static void spell(const struct ban *ban, struct ban_texts *ret)
{
	usec_t bantime = ban->until == USEC_INFINITY ? USEC_INFINITY : ban->until - ban->since;

	address_format(&ban->address, ret->address);
	prefix_format(&ban->prefix, ret->prefix);
	weight_format(ban->failures, ret->failures);
	number(ban->users, ret->users);
	number(ban->offence, ret->offence);
	number(bantime, ret->bantime);
	number(ban->until, ret->until);
	if (bantime == USEC_INFINITY)
		strcpy(ret->span, "good");
	else
		timespan_format(bantime / USEC_PER_SEC * USEC_PER_SEC, ret->span);
}

#define AGAIN " (written again: it may have been lost)"

static int events_say(enum log_kind kind, const char *action, const struct ban *ban,
		      const struct ban_texts *texts, bool again, enum audience audience,
		      const char *message)
{
	bool automatic = ban->kind == BAN_AUTOMATIC;
	char time[NUMBER_TEXT_MAX];
	const struct log_field fields[] = {
		{ "BANISH_ACTION", action },
		{ "BANISH_JAIL", ban->jail },
		{ "BANISH_EVENT", automatic ? ban->event : NULL },
		{ "BANISH_ADDRESS", texts->address },
		{ "BANISH_PREFIX", texts->prefix },
		{ "BANISH_FAILURES", automatic ? texts->failures : NULL },
		{ "BANISH_OFFENDERS", ban->network ? texts->failures : NULL },
		{ "BANISH_USERS", ban->users > 0 ? texts->users : NULL },
		{ "BANISH_OFFENCE", automatic ? texts->offence : NULL },
		{ "BANISH_BANTIME_USEC", texts->bantime },
		{ "BANISH_UNTIL_USEC", texts->until },
		{ "BANISH_TRIGGER_CURSOR", automatic && *ban->cursor ? ban->cursor : NULL },
		{ "BANISH_AGAIN", again ? "1" : NULL },
		{ "BANISH_MEMBER", automatic && *ban->reason ? ban->reason : NULL },
		{ "BANISH_TIME_USEC", number(ban->lifted ? ban->lifted_time : ban->since, time) },
	};

	if (audience != AUDIENCE_OTHERS)
		log_entry(kind, LOG_NOTICE, fields, ARRAY_SIZE(fields), "%s", message);
	return audience == AUDIENCE_HERE
		       ? 0
		       : log_share(kind, LOG_NOTICE, fields, ARRAY_SIZE(fields), message);
}

int events_ban(const struct ban *ban, usec_t now, bool dry_run, bool again, enum audience audience)
{
	bool over = ban->until <= now;
	struct ban_texts texts;
	char message[512];

	spell(ban, &texts);
	if (ban->network)
		snprintf(message, sizeof(message),
			 "%s%s: ban network %s for %s: %s offender%s, offence %s%s%s",
			 dry_run ? "dry run: " : "", ban->jail, texts.prefix, texts.span,
			 texts.failures, PLURAL(ban->failures / WEIGHT_ONE), texts.offence,
			 over ? "; already expired" : "", again ? AGAIN : "");
	else
		snprintf(message, sizeof(message),
			 "%s%s: ban %s for %s: %s%s%s, %s failure%s%s%s%s, offence %s%s%s",
			 dry_run ? "dry run: " : "", ban->jail, texts.prefix, texts.span,
			 ban->event, *ban->reason ? " on " : "", ban->reason, texts.failures,
			 PLURAL(ban->failures == WEIGHT_ONE ? 1 : 0), ban->users > 0 ? " of " : "",
			 ban->users > 0 ? texts.users : "",
			 ban->users > 1    ? " users"
			 : ban->users == 1 ? " user"
					   : "",
			 texts.offence, over ? "; already expired" : "", again ? AGAIN : "");
	return events_say(LOG_BAN, "ban", ban, &texts, again, audience, message);
}

void events_crowd(const struct crowd *crowd, bool dry_run, bool again)
{
	static const struct {
		const char *action, *one, *many;
	} kinds[] = {
		[CROWD_BANS] = { "bans", "ban", "bans" },
		[CROWD_UNBANS] = { "unbans", "unban", "unbans" },
		[CROWD_ADOPTS] = { "adopts", "ban by hand", "bans by hand" },
	};
	const char *jail = crowd->last->jail;
	bool bans = crowd->kind == CROWD_BANS;
	char count[NUMBER_TEXT_MAX], networks[NUMBER_TEXT_MAX], repeated[NUMBER_TEXT_MAX];
	const struct log_field fields[] = {
		{ "BANISH_ACTION", kinds[crowd->kind].action },
		{ "BANISH_JAIL", jail },
		{ "BANISH_COUNT", number(crowd->n, count) },
		{ "BANISH_NETWORKS",
		  bans && crowd->n_networks > 0 ? number(crowd->n_networks, networks) : NULL },
		{ "BANISH_REPEATED",
		  bans && crowd->n_repeated > 0 ? number(crowd->n_repeated, repeated) : NULL },
		{ "BANISH_TRIGGER_CURSOR",
		  bans && *crowd->last->cursor ? crowd->last->cursor : NULL },
		{ "BANISH_AGAIN", again ? "1" : NULL },
	};

	log_entry(LOG_BANS, LOG_NOTICE, fields, ARRAY_SIZE(fields),
		  "%s%s: %s more %s in one entry%s", dry_run ? "dry run: " : "", jail, count,
		  crowd->n == 1 ? kinds[crowd->kind].one : kinds[crowd->kind].many,
		  again ? AGAIN : "");
}

int events_unban(const struct ban *ban, const char *reason, bool again, enum audience audience)
{
	struct ban_texts texts;
	char message[512];

	spell(ban, &texts);
	snprintf(message, sizeof(message), "%s: unban %s: %s%s", ban->jail, texts.prefix, reason,
		 again ? AGAIN : "");
	return events_say(LOG_UNBAN, "unban", ban, &texts, again, audience, message);
}

void events_adopt(const struct ban *ban, const char *by, bool again)
{
	struct ban_texts texts;
	char message[512];

	spell(ban, &texts);
	snprintf(message, sizeof(message), "%s: %s is banned by hand%s%s for %s%s", ban->jail,
		 texts.prefix, *by ? " by " : "", by, texts.span, again ? AGAIN : "");
	(void)events_say(LOG_ADOPT, "adopt", ban, &texts, again, AUDIENCE_HERE, message);
}

void events_heal(const char *table, const char *what, const char *by, size_t n_bans)
{
	char bans[NUMBER_TEXT_MAX];
	const struct log_field fields[] = {
		{ "BANISH_ACTION", "heal" },
		{ "BANISH_CULPRIT", *by ? by : "somebody" },
		{ "BANISH_TABLE", table },
		{ "BANISH_BANS", number(n_bans, bans) },
	};

	log_entry(
		LOG_HEAL, LOG_WARNING, fields, ARRAY_SIZE(fields),
		"%s deleted %s of table inet %s: restored, with %zu ban%s and the remaining times",
		*by ? by : "somebody", what, table, n_bans, PLURAL(n_bans));
}

void events_evicted(uint64_t n_ended, uint64_t n_forgotten)
{
	char ended[NUMBER_TEXT_MAX], forgotten[NUMBER_TEXT_MAX];
	const struct log_field fields[] = {
		{ "BANISH_ACTION", "evict" },
		{ "BANISH_BANS", number(n_ended, ended) },
		{ "BANISH_COUNT", number(n_forgotten, forgotten) },
	};

	log_entry(LOG_EVICTED, LOG_WARNING, fields, ARRAY_SIZE(fields),
		  "too many bans to remember (the limit is %d): active ones that were ended early, "
		  "those that would expire soonest: %s; expired ones that are forgotten as "
		  "offences: %s; bans by hand stay",
		  LEDGER_MAX_BANS, ended, forgotten);
}

void events_decision(const struct decision *decision)
{
	const struct ban *ban = &decision->ban;
	bool is_private = decision->type == DECISION_PRIVATE;
	bool is_hidden = decision->type == DECISION_HIDDEN;
	bool is_target = decision->type == DECISION_TARGET;
	bool opens = decision->type == DECISION_BREAKER;
	bool closes = decision->type == DECISION_BREAKER_CLOSED;
	cleanup(freep) char *user = is_target ? bytes_to_display(decision->user, USER_SHOWN) : NULL;
	char address[ADDRESS_TEXT_MAX], prefix[PREFIX_TEXT_MAX], count[NUMBER_TEXT_MAX];
	const struct log_field fields[] = {
		{ "BANISH_ACTION", is_private  ? "private"
				   : is_hidden ? "hidden"
				   : is_target ? "target"
					       : "breaker" },
		{ "BANISH_STATE", opens    ? "open"
				  : closes ? "closed"
					   : NULL },
		{ "BANISH_JAIL", ban->jail },
		{ "BANISH_EVENT", closes ? NULL : ban->event },
		{ "BANISH_USER", user },
		{ "BANISH_HOSTS", is_target ? count : NULL },
		{ "BANISH_ADDRESS", closes ? NULL : address },
		{ "BANISH_PREFIX", closes ? NULL : prefix },
		{ "BANISH_COUNT", opens || closes ? count : NULL },
		{ "BANISH_TRIGGER_CURSOR", opens || is_target ? ban->cursor : NULL },
	};
	const size_t n = ARRAY_SIZE(fields);

	if (!closes) { /* of nobody */
		address_format(&ban->address, address);
		prefix_format(&ban->prefix, prefix);
	}
	number(decision->count, count);
	if (is_private)
		log_entry(
			LOG_PRIVATE, LOG_WARNING, fields, n,
			"%s: failures from the private address %s count nothing: if it is a gateway, a "
			"ban would block everybody behind it; see banprivate in banish.json(5)",
			ban->jail, address);
	else if (is_hidden)
		log_entry(
			LOG_HIDDEN, LOG_WARNING, fields, n,
			"%s: failures from %s count for nobody: where a container engine forwards "
			"connections itself, such an address hides all clients; with Docker set "
			"\"userland-proxy\": false, with rootless Podman use pasta; see banish-containers(7)",
			ban->jail, address);
	else if (opens)
		log_entry(
			LOG_BREAKER, LOG_WARNING, fields, n,
			"%s: the breaker opened after %s ban%s (maxbans): further bans are held back, first that of %s; "
			"see maxbans in banish.json(5)",
			ban->jail, count, PLURAL(decision->count), prefix);
	else if (closes)
		log_entry(
			LOG_BREAKER, LOG_NOTICE, fields, n,
			"%s: the breaker closed, bans are no longer held back; offenders held back: %s",
			ban->jail, count);
	else if (is_target)
		log_entry(LOG_TARGET, LOG_WARNING, fields, n,
			  "%s: at least %s host%s tried the account \"%s\", the last one is %s",
			  ban->jail, count, PLURAL(decision->count), user ? user : "?", prefix);
}
