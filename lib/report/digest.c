#include "report/digest.h"

#include "base/array.h"
#include "base/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define MAX_SEEN     65536 /* bans that are known again: a crash repeats only the latest */
#define SEEN_SIZE    40    /* bytes: two hashes as hexadecimal text */
#define VALUE_SIZE   512   /* bytes of a field that are looked at */
#define MESSAGE_SIZE 1024
#define WARNING      4 /* syslog's */

/* An entry that is being taken. */
struct said {
	struct digest *digest;
	const struct entry *entry;
	unsigned jail;
	usec_t time;
	int error; /* of the entry's source, or -ENOMEM: from then on it has no fields */
};

int digest_new(const uint8_t seed[static 16], const char *start_id, struct digest **ret)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest)
		return -ENOMEM;
	digest->start_id = start_id;
	tally_init(&digest->offenders, seed, DIGEST_MAX_OFFENDERS, PREFIX_TEXT_MAX);
	tally_init(&digest->networks, seed, DIGEST_MAX_NETWORKS, PREFIX_TEXT_MAX);
	tally_init(&digest->accounts, seed, DIGEST_MAX_ACCOUNTS, DIGEST_USER_SIZE);
	tally_init(&digest->members, seed, DIGEST_MAX_ACCOUNTS, DIGEST_MEMBER_SIZE);
	tally_init(&digest->seen, seed, MAX_SEEN, SEEN_SIZE);
	*ret = digest;
	return 0;
}

struct digest *digest_free(struct digest *digest)
{
	if (!digest)
		return NULL;
	for (size_t i = 0; i < digest->n_remarks; i++)
		free(digest->remarks[i].message);
	tally_done(&digest->offenders);
	tally_done(&digest->networks);
	tally_done(&digest->accounts);
	tally_done(&digest->members);
	tally_done(&digest->seen);
	free(digest->jails);
	free(digest);
	return NULL;
}

/* The field is there, cut to the buffer. False: it is not, or holds a NUL; the text is "". */
static bool said_text(struct said *said, const char *name, char *buffer, size_t size)
{
	struct span value;
	int r;

	buffer[0] = '\0';
	if (said->error)
		return false;
	r = entry_field(said->entry, name, &value);
	said->error = MIN(r, 0);
	if (r <= 0 || memchr(value.data, '\0', value.size))
		return false;
	size = MIN(value.size, size - 1);
	memcpy(buffer, value.data, size);
	buffer[size] = '\0';
	return true;
}

static bool said_again(struct said *said)
{
	char again[8];

	return said_text(said, "BANISH_AGAIN", again, sizeof(again));
}

/* A number with one decimal at most, as tenths; 0 where there is none. */
static uint64_t said_tenths(struct said *said, const char *name)
{
	char text[32], *end;
	uint64_t tenths;

	if (!said_text(said, name, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
		return 0;
	tenths = MIN((uint64_t)strtoull(text, &end, 10), UINT64_MAX / 10) * 10;
	if (end[0] == '.' && end[1] >= '0' && end[1] <= '9')
		tenths += (unsigned)(end[1] - '0');
	return tenths;
}

static uint64_t said_number(struct said *said, const char *name)
{
	return said_tenths(said, name) / 10;
}

const struct digest_jail *digest_find_jail(const struct digest *digest, const char *name)
{
	for (size_t i = 0; i < digest->n_jails; i++)
		if (strcmp(digest->jails[i].name, name) == 0)
			return &digest->jails[i];
	return NULL;
}

/* The jail that the entry names, known from now on, unless it is one too many. */
static void said_jail(struct said *said)
{
	struct digest *digest = said->digest;
	const struct digest_jail *known;
	char name[NAME_SIZE];

	said->jail = DIGEST_NO_JAIL;
	if (!said_text(said, "BANISH_JAIL", name, sizeof(name)) || !*name)
		return;
	known = digest_find_jail(digest, name);
	if (!known && digest->n_jails == DIGEST_MAX_JAILS)
		return;
	if (known) {
		said->jail = (unsigned)(known - digest->jails);
	} else if (array_grow(digest->jails, digest->n_jails)) {
		said->jail = (unsigned)digest->n_jails++;
		digest->jails[said->jail] = (struct digest_jail){ 0 };
		strcpy(digest->jails[said->jail].name, name);
	} else {
		said->error = -ENOMEM;
	}
}

/* One more of that name; NULL: no memory, or an error before. */
static struct tally_item *said_note(struct said *said, struct tally *tally, unsigned group,
				    const char *name)
{
	struct tally_item *item = said->error ? NULL : tally_note(tally, group, name);

	if (!item) {
		said->error = said->error ?: -ENOMEM;
		return NULL;
	}
	item->last = MAX(item->last, said->time);
	return item;
}

/* The same was told before. `what` and the prefix say of what. */
static bool said_before(struct said *said, const char *what, const char *prefix)
{
	char name[SEEN_SIZE];
	struct tally_item *item;

	snprintf(name, sizeof(name), "%016" PRIx64 "%016" PRIx64, hash_identity(what, strlen(what)),
		 hash_identity(prefix, strlen(prefix)));
	item = said_note(said, &said->digest->seen, said->jail, name);
	return item && item->count++ > 0;
}

/* Of what was done by hand to the same ban, or of unbans, there may be several, but only one that
 * ends it at the same time, unless it is written again. */
static void take_deed(struct said *said, const char *action, uint64_t *count)
{
	char text[VALUE_SIZE], until[VALUE_SIZE + 16], prefix[PREFIX_TEXT_MAX];
	bool before, again;

	(void)said_text(said, "BANISH_UNTIL_USEC", text, sizeof(text));
	snprintf(until, sizeof(until), "%s %s", action, text);
	before = said_text(said, "BANISH_PREFIX", prefix, sizeof(prefix)) &&
		 said_before(said, until, prefix);
	again = said_again(said);
	if (!said->error && !(again && before))
		++*count;
}

/* How long the ban was meant to last; 0 where that is not said. */
static usec_t said_bantime(struct said *said)
{
	char text[32];

	if (said_text(said, "BANISH_BANTIME_USEC", text, sizeof(text)) &&
	    strcmp(text, "infinity") == 0)
		return USEC_INFINITY;
	return said_number(said, "BANISH_BANTIME_USEC");
}

static void said_bans(struct said *said, uint64_t n)
{
	struct digest *digest = said->digest;

	digest->jails[said->jail].bans += n;
	if (digest->series && series_add(digest->series, SERIES_BANS,
					 digest->jails[said->jail].name, said->time, n) < 0)
		said->error = -ENOMEM;
}

static void take_ban(struct said *said)
{
	struct digest_jail *jail = &said->digest->jails[said->jail];
	uint64_t failures, offence, n_offenders;
	usec_t bantime, decided;
	char text[PREFIX_TEXT_MAX], cursor[VALUE_SIZE], member[DIGEST_MEMBER_SIZE];
	struct prefix prefix, network;
	struct tally_item *item;
	bool first;

	if (!said_text(said, "BANISH_PREFIX", text, sizeof(text)) ||
	    prefix_parse(span_of(text), &prefix) < 0)
		return;
	if (said_text(said, "BANISH_TRIGGER_CURSOR", cursor, sizeof(cursor)) &&
	    said_before(said, cursor, text))
		return;
	failures = said_tenths(said, "BANISH_FAILURES");
	offence = said_number(said, "BANISH_OFFENCE");
	n_offenders = said_number(said, "BANISH_OFFENDERS");
	bantime = said_bantime(said);
	decided = said_number(said, "BANISH_TIME_USEC");
	if (said->error)
		return;
	said_bans(said, 1);
	if (decided > 0) /* it may have caught up with the journal */
		said->time = MIN(said->time, decided);
	jail->again += offence > 1;
	if (said_text(said, "BANISH_MEMBER", member, sizeof(member)) && *member) {
		item = said_note(said, &said->digest->members, said->jail, member);
		if (!item)
			return;
		item->count++;
	}
	if (n_offenders > 0) { /* they were counted one by one */
		jail->networks++;
		return;
	}
	item = said_note(said, &said->digest->offenders, said->jail, prefix_format(&prefix, text));
	if (!item)
		return;
	first = item->count++ == 0; /* with his first ban his network has one more */
	item->weight += failures;
	item->peak = MAX(item->peak, offence);
	item->first = first ? said->time : item->first;
	if (__builtin_add_overflow(item->time, bantime, &item->time))
		item->time = USEC_INFINITY;
	network = address_widen(&prefix.address, MIN(prefix.length, prefix.address.family == AF_INET
									    ? DIGEST_NETWORK4
									    : DIGEST_NETWORK6));
	if (address_carries_ipv4(&prefix.address))
		network = prefix; /* beside it are strangers */
	item = said_note(said, &said->digest->networks, 0, prefix_format(&network, text));
	if (!item)
		return;
	item->count += first;
	item->weight++;
}

/* Many in one: whose they are is not told. */
static void take_bans(struct said *said)
{
	struct digest_jail *jail = &said->digest->jails[said->jail];
	uint64_t n, n_networks, n_repeated;
	char cursor[VALUE_SIZE];
	bool before;

	(void)said_text(said, "BANISH_TRIGGER_CURSOR", cursor, sizeof(cursor));
	before = said_before(said, cursor, "bans");
	if (said_again(said) && before)
		return;
	n = said_number(said, "BANISH_COUNT");
	n_networks = said_number(said, "BANISH_NETWORKS");
	n_repeated = said_number(said, "BANISH_REPEATED");
	if (said->error)
		return;
	said_bans(said, n);
	jail->networks += MIN(n_networks, n);
	jail->again += MIN(n_repeated, n);
	said->digest->n_unnamed += n - MIN(n, n_networks + n_repeated);
}

/* The same of what was done by hand, or of unbans. */
static void take_deeds(struct said *said, const char *action, uint64_t *count)
{
	char text[32] = "";
	bool before;

	(void)said_text(said, "BANISH_COUNT", text, sizeof(text));
	before = said_before(said, action, text);
	if (!(said_again(said) && before))
		*count += said_number(said, "BANISH_COUNT");
}

static void take_action(struct said *said)
{
	char action[16], text[DIGEST_USER_SIZE];
	struct digest_jail *jail;
	struct tally_item *item;

	if (!said_text(said, "BANISH_ACTION", action, sizeof(action)) ||
	    said->jail == DIGEST_NO_JAIL)
		return;
	jail = &said->digest->jails[said->jail];
	if (strcmp(action, "ban") == 0) {
		take_ban(said);
	} else if (strcmp(action, "bans") == 0) {
		take_bans(said);
	} else if (strcmp(action, "unban") == 0) {
		take_deed(said, action, &jail->unbans);
	} else if (strcmp(action, "unbans") == 0) {
		take_deeds(said, action, &jail->unbans);
	} else if (strcmp(action, "adopts") == 0) {
		take_deeds(said, action, &jail->by_hand);
	} else if (strcmp(action, "adopt") == 0) {
		take_deed(said, action, &jail->by_hand);
	} else if (strcmp(action, "breaker") == 0) {
		if (!said_text(said, "BANISH_STATE", text, sizeof(text)) ||
		    said->time < jail->held_since)
			return;
		jail->held = strcmp(text, "open") == 0;
		jail->held_since = said->time;
	} else if (strcmp(action, "target") == 0) {
		uint64_t hosts = said_number(said, "BANISH_HOSTS");

		if (!said_text(said, "BANISH_USER", text, sizeof(text)))
			return;
		item = said_note(said, &said->digest->accounts, said->jail, text);
		if (!item)
			return;
		item->count++;
		item->peak = MAX(item->peak, hosts);
	}
}

/* The same for messages that differ in numbers only. */
static uint64_t shape_of(const char *message)
{
	char text[MESSAGE_SIZE];
	size_t size = 0;

	for (; *message && size < sizeof(text); message++)
		if (*message < '0' || *message > '9')
			text[size++] = *message;
	return hash_identity(text, size);
}

static struct digest_remark *find_remark(struct digest *digest, const char *id, unsigned jail,
					 uint64_t shape)
{
	struct digest_remark *remark = digest->remarks;

	for (; remark < digest->remarks + digest->n_remarks; remark++)
		if (remark->jail == jail && remark->shape == shape && strcmp(remark->id, id) == 0)
			return remark;
	if (digest->n_remarks == DIGEST_MAX_REMARKS)
		return NULL;
	digest->n_remarks++;
	*remark = (struct digest_remark){ .jail = jail, .shape = shape };
	strcpy(remark->id, id);
	return remark;
}

/* From a stop to the next start nobody was banned, and what was missed was told once. */
static void take_blindness(struct said *said, const char *id, bool warning)
{
	struct digest *digest = said->digest;

	if (strcmp(id, digest->stop_id) == 0)
		digest->stopped = said->time;
	if (strcmp(id, digest->start_id) == 0 && digest->stopped > 0) {
		series_mark_blind(digest->series, digest->stopped, said->time);
		digest->stopped = 0;
	}
	if (warning && strcmp(id, digest->blind_id) == 0)
		series_mark_blind(digest->series, said->time, said->time);
}

static void take_remark(struct said *said)
{
	struct digest *digest = said->digest;
	char id[33], message[MESSAGE_SIZE];
	struct digest_remark *remark;
	uint64_t priority;

	if (!said_text(said, "MESSAGE_ID", id, sizeof(id)))
		return;
	digest->n_entries++;
	digest->n_starts += strcmp(id, digest->start_id) == 0;
	priority = said_number(said, "PRIORITY");
	if (digest->series)
		take_blindness(said, id, priority <= WARNING);
	if (priority > WARNING) {
		for (size_t i = 0; i < digest->n_remarks; i++)
			if (digest->remarks[i].jail == said->jail &&
			    strcmp(digest->remarks[i].id, id) == 0)
				digest->remarks[i].calmed = said->time;
		return;
	}
	(void)said_text(said, "MESSAGE", message, sizeof(message));
	if (said->error)
		return;
	remark = find_remark(digest, id, said->jail,
			     said->jail == DIGEST_NO_JAIL ? shape_of(message) : 0);
	if (!remark) {
		digest->n_remarks_folded++;
		return;
	}
	if (remark->count++ == 0)
		remark->first = said->time;
	remark->last = said->time;
	free(remark->message);
	remark->message = strdup(message);
	if (!remark->message)
		said->error = -ENOMEM;
}

int digest_feed(struct digest *digest, const struct entry *entry)
{
	struct said said = { .digest = digest, .entry = entry };

	said.error = entry_time(entry, &said.time);
	said_jail(&said);
	take_action(&said);
	take_remark(&said);
	return said.error;
}
