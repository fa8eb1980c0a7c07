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

struct digest {
	struct digest_jail *jails;
	size_t n_jails;
	struct digest_remark remarks[DIGEST_MAX_REMARKS];
	size_t n_remarks;
	uint64_t n_remarks_folded;
	struct kind {
		char id[33];
		uint64_t count;
	} kinds[DIGEST_MAX_KINDS];
	size_t n_kinds;
	uint64_t n_unnamed;
	struct tally *offenders, *networks, *accounts, *seen;
};

int digest_new(const uint8_t seed[static 16], struct digest **ret)
{
	cleanup(digest_freep) struct digest *digest = calloc(1, sizeof(*digest));
	int r;

	if (!digest)
		return -ENOMEM;
	r = tally_new(seed, DIGEST_MAX_OFFENDERS, PREFIX_TEXT_MAX, &digest->offenders);
	if (r >= 0)
		r = tally_new(seed, DIGEST_MAX_NETWORKS, PREFIX_TEXT_MAX, &digest->networks);
	if (r >= 0)
		r = tally_new(seed, DIGEST_MAX_ACCOUNTS, DIGEST_USER_SIZE, &digest->accounts);
	if (r >= 0)
		r = tally_new(seed, MAX_SEEN, SEEN_SIZE, &digest->seen);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(digest);
	return 0;
}

struct digest *digest_free(struct digest *digest)
{
	if (!digest)
		return NULL;
	for (size_t i = 0; i < digest->n_remarks; i++)
		free(digest->remarks[i].message);
	tally_free(digest->offenders);
	tally_free(digest->networks);
	tally_free(digest->accounts);
	tally_free(digest->seen);
	free(digest->jails);
	free(digest);
	return NULL;
}

/* 1: the field is there, cut to the buffer; 0: it is not, or holds a NUL. */
static int digest_get_text(const struct entry *entry, const char *name, char *buffer, size_t size)
{
	struct span value;
	int r;

	buffer[0] = '\0';
	r = entry_field(entry, name, &value);
	if (r <= 0)
		return r;
	if (memchr(value.data, '\0', value.size))
		return 0;
	size = MIN(value.size, size - 1);
	memcpy(buffer, value.data, size);
	buffer[size] = '\0';
	return 1;
}

/* A number with one decimal at most, as tenths; 0 where there is none. */
static int digest_get_tenths(const struct entry *entry, const char *name, uint64_t *ret)
{
	char text[32], *end;
	int r;

	*ret = 0;
	r = digest_get_text(entry, name, text, sizeof(text));
	if (r <= 0 || text[0] < '0' || text[0] > '9')
		return MIN(r, 0);
	*ret = MIN((uint64_t)strtoull(text, &end, 10), UINT64_MAX / 10) * 10;
	if (end[0] == '.' && end[1] >= '0' && end[1] <= '9')
		*ret += (unsigned)(end[1] - '0');
	return 0;
}

static int digest_get_number(const struct entry *entry, const char *name, uint64_t *ret)
{
	int r = digest_get_tenths(entry, name, ret);

	*ret /= 10;
	return r;
}

const struct digest_jail *digest_find_jail(const struct digest *digest, const char *name)
{
	for (size_t i = 0; i < digest->n_jails; i++)
		if (strcmp(digest->jails[i].name, name) == 0)
			return &digest->jails[i];
	return NULL;
}

/* 1: the entry names a jail, known from now on; 0: none, or it is one too many. */
static int get_jail(struct digest *digest, const struct entry *entry, unsigned *ret)
{
	const struct digest_jail *known;
	struct digest_jail *jail;
	char name[NAME_SIZE];
	int r;

	*ret = DIGEST_NO_JAIL;
	r = digest_get_text(entry, "BANISH_JAIL", name, sizeof(name));
	if (r <= 0 || !*name)
		return MIN(r, 0);
	known = digest_find_jail(digest, name);
	if (!known && digest->n_jails == DIGEST_MAX_JAILS)
		return 0;
	if (!known) {
		if (!array_grow(digest->jails, digest->n_jails))
			return -ENOMEM;
		jail = &digest->jails[digest->n_jails++];
		*jail = (struct digest_jail){ 0 };
		strcpy(jail->name, name);
		known = jail;
	}
	*ret = (unsigned)(known - digest->jails);
	return 1;
}

/* 1: the same was told before. `what` and the prefix say of what. */
static int is_seen(struct digest *digest, unsigned jail, const char *what, const char *prefix)
{
	char name[SEEN_SIZE];
	struct tally_item *item;

	snprintf(name, sizeof(name), "%016" PRIx64 "%016" PRIx64, hash_identity(what, strlen(what)),
		 hash_identity(prefix, strlen(prefix)));
	item = tally_note(digest->seen, jail, name);
	if (!item)
		return -ENOMEM;
	return item->count++ > 0;
}

/* 1: the same ban was told before. */
static int digest_is_repeated(struct digest *digest, const struct entry *entry, unsigned jail,
			      const char *prefix)
{
	char cursor[VALUE_SIZE];
	int r;

	r = digest_get_text(entry, "BANISH_TRIGGER_CURSOR", cursor, sizeof(cursor));
	return r <= 0 ? r : is_seen(digest, jail, cursor, prefix);
}

/* An unban: of the same ban there may be several, but only one ends at the same time, unless it is
 * written again. */
static int digest_take_unban(struct digest *digest, const struct entry *entry, unsigned jail)
{
	char until[VALUE_SIZE] = "unban ", prefix[PREFIX_TEXT_MAX], again[8];
	size_t size = strlen(until);
	int r, seen = 0;

	r = digest_get_text(entry, "BANISH_UNTIL_USEC", until + size, sizeof(until) - size);
	if (r >= 0)
		r = digest_get_text(entry, "BANISH_PREFIX", prefix, sizeof(prefix));
	if (r > 0)
		seen = is_seen(digest, jail, until, prefix);
	if (r >= 0)
		r = seen < 0 ? seen : digest_get_text(entry, "BANISH_AGAIN", again, sizeof(again));
	if (r >= 0 && !(r > 0 && seen > 0))
		digest->jails[jail].unbans++;
	return MIN(r, 0);
}

/* One more ban of the offender; with his first his network has one more. */
static int note_offender(struct digest *digest, unsigned jail, const struct prefix *prefix,
			 uint64_t failures, uint64_t offence, usec_t time)
{
	char text[PREFIX_TEXT_MAX];
	struct tally_item *item;
	struct prefix network;
	bool first;

	item = tally_note(digest->offenders, jail, prefix_format(prefix, text));
	if (!item)
		return -ENOMEM;
	first = item->count++ == 0;
	item->weight += failures;
	item->peak = MAX(item->peak, offence);
	item->last = MAX(item->last, time);
	network = address_widen(&prefix->address,
				MIN(prefix->length, prefix->address.family == AF_INET
							    ? DIGEST_NETWORK4
							    : DIGEST_NETWORK6));
	if (address_carries_ipv4(&prefix->address))
		network = *prefix; /* beside it are strangers */
	item = tally_note(digest->networks, 0, prefix_format(&network, text));
	if (!item)
		return -ENOMEM;
	item->count += first;
	item->weight++;
	item->last = MAX(item->last, time);
	return 0;
}

static int digest_take_ban(struct digest *digest, const struct entry *entry, unsigned jail,
			   usec_t time)
{
	struct digest_jail *j = &digest->jails[jail];
	uint64_t failures, offence, n_offenders;
	char text[PREFIX_TEXT_MAX];
	struct prefix prefix;
	int r;

	r = digest_get_text(entry, "BANISH_PREFIX", text, sizeof(text));
	if (r <= 0 || prefix_parse(span_of(text), &prefix) < 0)
		return MIN(r, 0);
	r = digest_is_repeated(digest, entry, jail, text);
	if (r != 0)
		return MIN(r, 0);
	r = digest_get_tenths(entry, "BANISH_FAILURES", &failures);
	if (r >= 0)
		r = digest_get_number(entry, "BANISH_OFFENCE", &offence);
	if (r >= 0)
		r = digest_get_number(entry, "BANISH_OFFENDERS", &n_offenders);
	if (r < 0)
		return r;
	j->bans++;
	j->again += offence > 1;
	if (n_offenders == 0)
		return note_offender(digest, jail, &prefix, failures, offence, time);
	j->networks++; /* its offenders were counted one by one */
	return 0;
}

/* Many in one: whose they are is not told. */
static int take_bans(struct digest *digest, const struct entry *entry, unsigned jail)
{
	struct digest_jail *j = &digest->jails[jail];
	uint64_t n, n_networks, n_repeated;
	char cursor[VALUE_SIZE], again[8];
	int r, seen;

	r = digest_get_text(entry, "BANISH_TRIGGER_CURSOR", cursor, sizeof(cursor));
	seen = r < 0 ? r : is_seen(digest, jail, cursor, "bans");
	r = seen < 0 ? seen : digest_get_text(entry, "BANISH_AGAIN", again, sizeof(again));
	if (r < 0 || (r > 0 && seen > 0))
		return MIN(r, 0);
	r = digest_get_number(entry, "BANISH_COUNT", &n);
	if (r >= 0)
		r = digest_get_number(entry, "BANISH_NETWORKS", &n_networks);
	if (r >= 0)
		r = digest_get_number(entry, "BANISH_REPEATED", &n_repeated);
	if (r < 0)
		return r;
	j->bans += n;
	j->networks += MIN(n_networks, n);
	j->again += MIN(n_repeated, n);
	digest->n_unnamed += n - MIN(n, n_networks + n_repeated);
	return 0;
}

static int digest_take_breaker(struct digest *digest, const struct entry *entry, unsigned jail,
			       usec_t time)
{
	struct digest_jail *j = &digest->jails[jail];
	char state[16];
	int r;

	r = digest_get_text(entry, "BANISH_STATE", state, sizeof(state));
	if (r <= 0 || time < j->held_since)
		return MIN(r, 0);
	j->held = strcmp(state, "open") == 0;
	j->held_since = time;
	return 0;
}

static int take_target(struct digest *digest, const struct entry *entry, unsigned jail, usec_t time)
{
	char user[DIGEST_USER_SIZE];
	struct tally_item *item;
	uint64_t hosts;
	int r;

	r = digest_get_text(entry, "BANISH_USER", user, sizeof(user));
	if (r <= 0)
		return r;
	r = digest_get_number(entry, "BANISH_HOSTS", &hosts);
	if (r < 0)
		return r;
	item = tally_note(digest->accounts, jail, user);
	if (!item)
		return -ENOMEM;
	item->count++;
	item->peak = MAX(item->peak, hosts);
	item->last = MAX(item->last, time);
	return 0;
}

static int take_action(struct digest *digest, const struct entry *entry, unsigned jail, usec_t time)
{
	char action[16];
	int r;

	r = digest_get_text(entry, "BANISH_ACTION", action, sizeof(action));
	if (r <= 0 || jail == DIGEST_NO_JAIL)
		return MIN(r, 0);
	if (strcmp(action, "ban") == 0)
		return digest_take_ban(digest, entry, jail, time);
	if (strcmp(action, "bans") == 0)
		return take_bans(digest, entry, jail);
	if (strcmp(action, "breaker") == 0)
		return digest_take_breaker(digest, entry, jail, time);
	if (strcmp(action, "target") == 0)
		return take_target(digest, entry, jail, time);
	if (strcmp(action, "unban") == 0)
		return digest_take_unban(digest, entry, jail);
	digest->jails[jail].by_hand += strcmp(action, "adopt") == 0;
	return 0;
}

static void count_kind(struct digest *digest, const char *id)
{
	struct kind *kind = digest->kinds;

	while (kind < digest->kinds + digest->n_kinds && strcmp(kind->id, id) != 0)
		kind++;
	if (kind == digest->kinds + digest->n_kinds) {
		if (digest->n_kinds == DIGEST_MAX_KINDS)
			return;
		strcpy(digest->kinds[digest->n_kinds++].id, id);
	}
	kind->count++;
}

uint64_t digest_count(const struct digest *digest, const char *id)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digest->n_kinds; i++)
		if (!id || strcmp(digest->kinds[i].id, id) == 0)
			n += digest->kinds[i].count;
	return n;
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

static void calm_down(struct digest *digest, const char *id, unsigned jail, usec_t time)
{
	for (size_t i = 0; i < digest->n_remarks; i++) {
		struct digest_remark *remark = &digest->remarks[i];

		if (remark->jail == jail && strcmp(remark->id, id) == 0)
			remark->calmed = time;
	}
}

static int take_remark(struct digest *digest, const struct entry *entry, unsigned jail, usec_t time)
{
	char id[33], message[MESSAGE_SIZE];
	struct digest_remark *remark;
	uint64_t priority;
	int r;

	r = digest_get_text(entry, "MESSAGE_ID", id, sizeof(id));
	if (r <= 0)
		return r;
	count_kind(digest, id);
	r = digest_get_number(entry, "PRIORITY", &priority);
	if (r < 0)
		return r;
	if (priority > WARNING) {
		calm_down(digest, id, jail, time);
		return 0;
	}
	r = digest_get_text(entry, "MESSAGE", message, sizeof(message));
	if (r < 0)
		return r;
	remark = find_remark(digest, id, jail, jail == DIGEST_NO_JAIL ? shape_of(message) : 0);
	if (!remark) {
		digest->n_remarks_folded++;
		return 0;
	}
	if (remark->count++ == 0)
		remark->first = time;
	remark->last = time;
	remark->priority = (unsigned)priority;
	free(remark->message);
	remark->message = strdup(message);
	return remark->message ? 0 : -ENOMEM;
}

int digest_feed(struct digest *digest, const struct entry *entry)
{
	unsigned jail;
	usec_t time;
	int r;

	r = entry_time(entry, &time);
	if (r >= 0)
		r = get_jail(digest, entry, &jail);
	if (r >= 0)
		r = take_action(digest, entry, jail, time);
	return r < 0 ? r : take_remark(digest, entry, jail, time);
}

const struct digest_jail *digest_jails(const struct digest *digest, size_t *ret_n)
{
	*ret_n = digest->n_jails;
	return digest->jails;
}

const struct digest_remark *digest_remarks(const struct digest *digest, size_t *ret_n)
{
	*ret_n = digest->n_remarks;
	return digest->remarks;
}

uint64_t digest_n_remarks_folded(const struct digest *digest)
{
	return digest->n_remarks_folded;
}

uint64_t digest_n_unnamed(const struct digest *digest)
{
	return digest->n_unnamed;
}

struct tally *digest_offenders(const struct digest *digest)
{
	return digest->offenders;
}

struct tally *digest_networks(const struct digest *digest)
{
	return digest->networks;
}

struct tally *digest_accounts(const struct digest *digest)
{
	return digest->accounts;
}
