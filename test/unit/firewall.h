#ifndef BANISH_TEST_FIREWALL_H
#define BANISH_TEST_FIREWALL_H

/*
 * A table of nftables in memory, and a daemon that does nothing but what the reconciler says. Every
 * set has a handle that is new when it is made anew; what others do makes notices, as the kernel
 * and the monitor would. Everything that fails here is the test's own mistake: it aborts.
 */

#include "engine/reconcile.h"
#include "ledger/comment.h"
#include "stream.h"

#include <errno.h>

#define SECOND     USEC_PER_SEC
#define HOUR       USEC_PER_HOUR
#define START      (1700000000 * SECOND)
#define MAX_HELD   32
#define MAX_STOOD  8
#define MAX_WAITS  512
#define MAX_RETOLD 64

struct held {
	struct address address;
	usec_t until;
	char comment[NFT_COMMENT_BYTES];
};

struct stood {
	char jail[NFT_JAIL_SIZE];
	uint8_t family;
	unsigned length;
	uint64_t handle; /* 0: it does not stand */
	bool is_new;     /* made by the last install */
	struct held items[MAX_HELD];
	size_t n;
};

struct firewall {
	struct stream stream;
	struct reconcile *reconcile;
	usec_t now;

	uint64_t table, last_table; /* table 0: there is none */
	uint64_t last_handle;       /* of its sets; another table counts anew */
	struct stood sets[MAX_STOOD];
	size_t n_sets;

	bool listens;
	struct nft_notice waits[MAX_WAITS]; /* of our own: comments point into the next */
	char comments[MAX_WAITS][NFT_COMMENT_BYTES];
	size_t n_waits, next_wait;

	struct reconcile_action sent[MAX_RETOLD]; /* PUT and DELETE, gathered */
	size_t n_sent;

	char told[1024]; /* what was said, a word each */

	/* hooks of the random test: before each step; true: dead. An errno for this action. */
	bool (*before)(struct firewall *firewall, const struct reconcile_action *action);
	void (*meddle)(struct firewall *firewall); /* within one */
	int (*refuse)(struct firewall *firewall, const struct reconcile_action *action);
	void *userdata;
};

static inline struct stood *firewall_set(struct firewall *firewall, const char *jail,
					 uint8_t family)
{
	for (size_t i = 0; i < firewall->n_sets; i++)
		if (firewall->sets[i].family == family && strcmp(firewall->sets[i].jail, jail) == 0)
			return &firewall->sets[i];
	return NULL;
}

static inline void firewall_name_set(struct firewall *firewall, const char *jail, uint8_t family,
				     unsigned length)
{
	struct stood *set = &firewall->sets[firewall->n_sets++];

	must(firewall->n_sets <= MAX_STOOD);
	snprintf(set->jail, sizeof(set->jail), "%s", jail);
	set->family = family;
	set->length = length;
}

static inline struct held *firewall_held(struct stood *set, const struct address *address)
{
	for (size_t i = 0; set && i < set->n; i++)
		if (address_equal(&set->items[i].address, address))
			return &set->items[i];
	return NULL;
}

static inline void firewall_drop(struct stood *set, struct held *held)
{
	*held = set->items[--set->n];
}

static inline void firewall_expire(struct firewall *firewall)
{
	for (size_t i = 0; i < firewall->n_sets; i++)
		for (size_t k = firewall->sets[i].n; k-- > 0;)
			if (firewall->sets[i].items[k].until <= firewall->now)
				firewall_drop(&firewall->sets[i], &firewall->sets[i].items[k]);
}

static inline void firewall_hold(struct stood *set, const struct address *address, usec_t until,
				 const char *comment)
{
	struct held *held;

	if (!set)
		abort();
	held = firewall_held(set, address);
	if (!held) {
		must(set->n < MAX_HELD);
		held = &set->items[set->n++];
	}
	*held = (struct held){ .address = *address, .until = until };
	snprintf(held->comment, sizeof(held->comment), "%s", comment);
}

static inline void firewall_make(struct firewall *firewall, struct stood *set)
{
	if (!set)
		abort();
	set->handle = ++firewall->last_handle;
	set->n = 0;
}

static inline void firewall_unmake(struct firewall *firewall)
{
	firewall->table = firewall->last_handle = 0;
	for (size_t i = 0; i < firewall->n_sets; i++)
		firewall->sets[i].handle = firewall->sets[i].n = 0;
}

static inline usec_t firewall_left(const struct firewall *firewall, usec_t until)
{
	return until == USEC_INFINITY ? until : until - firewall->now;
}

static inline void firewall_stand(struct firewall *firewall)
{
	struct home_set sets[MAX_STOOD];
	size_t n = 0;

	for (size_t i = 0; i < firewall->n_sets; i++) {
		const struct stood *set = &firewall->sets[i];

		if (!set->handle)
			continue;
		sets[n] = (struct home_set){ .handle = set->handle, .is_empty = set->is_new };
		nft_set_name(set->jail, set->family, sets[n++].name);
	}
	must(reconcile_stands(firewall->reconcile, firewall->table, sets, n) == 0);
}

static inline bool firewall_needs(struct firewall *firewall, const struct stood *set)
{
	struct engine *engine = firewall->stream.engine;
	char name[NFT_JAIL_SIZE];

	if (!nft_jail_length(set->jail) || set->n > 0)
		return true;
	for (const struct ban *ban = NULL; (ban = ledger_next(engine_ledger(engine), ban));)
		if (ban_runs(ban, firewall->now) &&
		    strcmp(home_name(engine, ban, name), set->jail) == 0)
			return true;
	return false;
}

static inline void firewall_put(struct firewall *firewall, const struct ban *ban, const char *jail)
{
	struct stood *set = firewall_set(firewall, jail, ban->prefix.address.family);
	char comment[NFT_COMMENT_BYTES];

	must(set && set->handle);
	comment_write(ban, comment);
	firewall_hold(set, &ban->prefix.address, ban->until, comment);
}

/* As nft_install() does it; `max`: so many bans go into new sets with them. */
static inline void firewall_do_install(struct firewall *firewall, size_t max)
{
	struct ledger *ledger = engine_ledger(firewall->stream.engine);
	char mark[32], name[NFT_JAIL_SIZE];
	uint64_t last = 0;
	size_t n = 0;

	snprintf(mark, sizeof(mark), "boot/net/%llu", (unsigned long long)firewall->table);
	if (firewall->table && *ledger_table(ledger) && strcmp(mark, ledger_table(ledger)) != 0)
		for (size_t i = 0; i < firewall->n_sets; i++)
			firewall->sets[i].handle = firewall->sets[i].n = 0;
	if (!firewall->table)
		firewall->table = ++firewall->last_table;
	for (size_t i = 0; i < firewall->n_sets; i++) {
		struct stood *set = &firewall->sets[i];
		bool needed = firewall_needs(firewall, set);

		set->is_new = needed && !set->handle;
		if (!needed)
			set->handle = 0;
		else if (set->is_new)
			firewall_make(firewall, set);
	}
	snprintf(mark, sizeof(mark), "boot/net/%llu", (unsigned long long)firewall->table);
	if (strcmp(mark, ledger_table(ledger)) != 0)
		must(ledger_set_table(ledger, mark) == 0);
	firewall_stand(firewall);
	if (max == 0)
		return;
	for (const struct ban *ban = NULL; n < max && (ban = ledger_next(ledger, ban));) {
		struct home home = { 0 };

		last = ban->id;
		home_of(reconcile_homes(firewall->reconcile), ban, &home);
		if (!ban_runs(ban, firewall->now) || !home.is_empty)
			continue;
		firewall_put(firewall, ban, home_name(firewall->stream.engine, ban, name));
		ledger_place(ledger, ban->id);
		n++;
	}
	must(reconcile_first_done(firewall->reconcile, last, n < max) == 0);
}

static inline int firewall_refuses(struct firewall *firewall, const struct reconcile_action *action)
{
	return firewall->refuse ? firewall->refuse(firewall, action) : 0;
}

static inline void firewall_send(struct firewall *firewall)
{
	for (size_t i = 0; i < firewall->n_sent; i++) {
		const struct reconcile_action *action = &firewall->sent[i];
		struct stood *set = firewall_set(firewall, action->jail, action->address.family);
		const struct ban *ban =
			ledger_get(engine_ledger(firewall->stream.engine), action->ban);
		struct held *held = set ? firewall_held(set, &action->address) : NULL;
		int error = firewall_refuses(firewall, action);

		if (action->ban && !ban)
			continue;
		if (error == 0 && (!set || !set->handle))
			error = -ENOENT;
		if (error == 0 && action->type == RECONCILE_PUT)
			firewall_put(firewall, ban, action->jail);
		else if (error == 0 && held)
			firewall_drop(set, held);
		must(reconcile_sent(firewall->reconcile, action->ban, action->jail,
				    &action->address, error) == 0);
	}
	firewall->n_sent = 0;
}

static inline struct nft_element firewall_element(const struct firewall *firewall,
						  const struct stood *set, const struct held *held)
{
	struct prefix prefix;

	if (!set || !held)
		abort();
	prefix = address_widen(&held->address, set->length);
	return (struct nft_element){
		.jail = set->jail,
		.address = held->address,
		.prefix = prefix,
		.host_bits = !address_equal(&prefix.address, &held->address),
		.remaining = firewall_left(firewall, held->until),
		.comment = *held->comment ? held->comment : NULL,
	};
}

static inline void firewall_do_list(struct firewall *firewall,
				    const struct reconcile_action *action)
{
	int error = firewall_refuses(firewall, action);
	struct stood sets[MAX_STOOD];
	size_t n_sets = firewall->n_sets;

	memcpy(sets, firewall->sets, sizeof(sets));
	if (firewall->meddle)
		firewall->meddle(firewall);
	firewall_stand(firewall);
	for (size_t i = 0; error >= 0 && i < n_sets; i++)
		for (size_t k = error == 1; k < sets[i].n; k++) { /* 1: some are lacking */
			struct nft_element element =
				firewall_element(firewall, &sets[i], &sets[i].items[k]);

			must(reconcile_element(firewall->reconcile, &element) == 0);
		}
	must(reconcile_listed(firewall->reconcile, error) == 0);
}

static inline void firewall_do_find(struct firewall *firewall,
				    const struct reconcile_action *action)
{
	struct stood *set = firewall_set(firewall, action->jail, action->address.family);
	struct held *held = firewall_held(set, &action->address);
	int error = firewall_refuses(firewall, action);

	reconcile_found(firewall->reconcile,
			error < 0              ? error
			: !set || !set->handle ? -ENOENT
					       : held != NULL,
			held ? firewall_left(firewall, held->until) : 0);
}

static inline void firewall_tell(struct firewall *firewall, const char *word)
{
	size_t size = strlen(firewall->told);

	if (size + strlen(word) + 2 < sizeof(firewall->told))
		snprintf(firewall->told + size, sizeof(firewall->told) - size, "%s%s",
			 size ? " " : "", word);
}

static inline void firewall_at(struct firewall *firewall)
{
	struct position position = stream_position(&firewall->stream);

	reconcile_at(firewall->reconcile, firewall->now, &position);
}

static inline void firewall_do(struct firewall *firewall, const struct reconcile_action *action)
{
	static const char *const words[] = {
		[RECONCILE_INSTALL] = "install", [RECONCILE_LIST] = "list",
		[RECONCILE_TIRED] = "tired",     [RECONCILE_STALE] = "stale",
		[RECONCILE_PUT] = "put",         [RECONCILE_DELETE] = "delete",
		[RECONCILE_ADOPTED] = "adopted", [RECONCILE_LIFTED] = "lifted",
		[RECONCILE_EXEMPT] = "exempt",   [RECONCILE_RESTORED] = "restored",
	};
	int error;

	if (words[action->type])
		firewall_tell(firewall, words[action->type]);
	switch ((int)action->type) {
	case RECONCILE_INSTALL:
		error = firewall_refuses(firewall, action);
		if (error >= 0)
			firewall_do_install(firewall, error == 0 ? SIZE_MAX : (size_t)(error - 1));
		reconcile_installed(firewall->reconcile, MIN(error, 0));
		break;
	case RECONCILE_LIST:
		firewall_do_list(firewall, action);
		break;
	case RECONCILE_FIND:
		firewall_do_find(firewall, action);
		break;
	case RECONCILE_IDENTIFY:
		error = firewall_refuses(firewall, action);
		if (error >= 0)
			firewall_stand(firewall);
		must(reconcile_identified(firewall->reconcile, error) == 0);
		break;
	case RECONCILE_RECORD:
		must(reconcile_record(firewall->reconcile) == 0);
		stream_commit(&firewall->stream);
		break;
	case RECONCILE_LENGTHS:
		reconcile_want(firewall->reconcile, RECONCILE_WANT_INSTALL);
		break;
	default:
		break;
	}
}

/* False: it died. */
static inline bool firewall_drain(struct firewall *firewall)
{
	struct reconcile_action action;
	int r;

	firewall_at(firewall);
	while ((r = reconcile_take(firewall->reconcile, &action)) > 0) {
		if (firewall->before && firewall->before(firewall, &action))
			return false;
		if (action.type == RECONCILE_PUT || action.type == RECONCILE_DELETE) {
			firewall_tell(firewall, action.type == RECONCILE_PUT ? "put" : "delete");
			firewall->sent[firewall->n_sent++] = action;
			if (firewall->n_sent < MAX_RETOLD)
				continue;
		} else if (firewall->n_sent > 0) {
			firewall_send(firewall);
			firewall_do(firewall, &action);
			continue;
		} else {
			firewall_do(firewall, &action);
			continue;
		}
		firewall_send(firewall);
	}
	must(r == 0);
	firewall_send(firewall);
	return true;
}

/* One of those that wait. */
static inline bool firewall_hear(struct firewall *firewall)
{
	const struct nft_notice *notice = &firewall->waits[firewall->next_wait++];

	firewall_at(firewall);
	must(reconcile_notice(firewall->reconcile, notice) == 0);
	return firewall_drain(firewall);
}

/* A wake-up by notices. False: it died. */
static inline bool firewall_wake(struct firewall *firewall)
{
	while (firewall->next_wait < firewall->n_waits)
		if (!firewall_hear(firewall))
			return false;
	firewall->next_wait = firewall->n_waits = 0;
	reconcile_quiet(firewall->reconcile);
	reconcile_want(firewall->reconcile, RECONCILE_WANT_SETTLE);
	if (!firewall_drain(firewall))
		return false;
	stream_commit(&firewall->stream); /* what was said */
	return true;
}

/* False: it died. */
static inline bool firewall_start(struct firewall *firewall)
{
	reconcile_free(firewall->reconcile);
	must(reconcile_new(&firewall->reconcile) == 0);
	reconcile_enter(firewall->reconcile, firewall->stream.engine);
	firewall->n_waits = firewall->next_wait = firewall->n_sent = 0;
	firewall->listens = true;
	reconcile_want(firewall->reconcile, RECONCILE_WANT_INSTALL | RECONCILE_WANT_LIST |
						    RECONCILE_WANT_FILL | RECONCILE_WANT_SETTLE);
	return firewall_drain(firewall);
}

static inline void firewall_die(struct firewall *firewall)
{
	firewall->listens = false;
	firewall->n_waits = firewall->next_wait = 0;
	stream_start_again(&firewall->stream);
}

static inline void firewall_init(struct firewall *firewall, const char *policy)
{
	const char *rules[] = {
		"{\"name\":\"mail\",\"description\":\"of the test\",\"ports\":\"all\",\"examples\":[],"
		"\"journal\":[{\"_SYSTEMD_UNIT\":\"mail.service\"}],\"events\":["
		"{\"name\":\"wrong\",\"pattern\":\"^wrong from=(?<address>[^ ]+)$\"}]}"
	};

	*firewall = (struct firewall){ .now = START };
	stream_init(&firewall->stream, policy, rules, 1);
	firewall_name_set(firewall, "mail", AF_INET, 32);
	firewall_name_set(firewall, "mail", AF_INET6, 64);
	firewall_name_set(firewall, "manual", AF_INET, 32);
	firewall_name_set(firewall, "forced", AF_INET, 32);
	firewall_name_set(firewall, "manual.24v", AF_INET, 24);
}

static inline void firewall_done(struct firewall *firewall)
{
	reconcile_free(firewall->reconcile);
	stream_done(&firewall->stream);
}

/* The engine bans, durably; it is placed by firewall_place(). */
static inline bool firewall_decide(struct firewall *firewall, const char *address)
{
	struct decision decision;
	bool bans = false;
	char message[96];

	snprintf(message, sizeof(message), "wrong from=%s", address);
	stream_feed(&firewall->stream, firewall->now, "mail.service", message);
	while (engine_take(firewall->stream.engine, &decision))
		bans = bans || decision.type == DECISION_BAN;
	stream_commit(&firewall->stream);
	return bans;
}

static inline void firewall_place(struct firewall *firewall)
{
	struct ledger *ledger = engine_ledger(firewall->stream.engine);
	char name[NFT_JAIL_SIZE];

	firewall_at(firewall);
	for (const struct ban *ban = NULL; (ban = ledger_next(ledger, ban));) {
		if (!reconcile_is_due(firewall->reconcile, ban))
			continue;
		firewall->sent[firewall->n_sent] = (struct reconcile_action){
			.type = RECONCILE_PUT, .ban = ban->id, .address = ban->prefix.address
		};
		strcpy(firewall->sent[firewall->n_sent++].jail,
		       home_name(firewall->stream.engine, ban, name));
	}
	firewall_send(firewall);
}

/*
 * What others do.
 */

static inline struct nft_notice *firewall_notice(struct firewall *firewall,
						 enum nft_notice_type type)
{
	struct nft_notice *notice;

	if (!firewall->listens)
		return NULL;
	must(firewall->n_waits < MAX_WAITS);
	notice = &firewall->waits[firewall->n_waits++];
	*notice = (struct nft_notice){ .type = type, .process = "nft" };
	return notice;
}

static inline void firewall_notice_element(struct firewall *firewall, const struct stood *set,
					   const struct held *held, bool added, bool restored)
{
	struct nft_element element = firewall_element(firewall, set, held);
	struct nft_notice *notice =
		firewall_notice(firewall, added ? NFT_NOTICE_ADDED : NFT_NOTICE_DELETED);

	if (!notice)
		return;
	memcpy(notice->jail, set->jail, sizeof(notice->jail));
	notice->address = element.address;
	notice->prefix = element.prefix;
	notice->host_bits = element.host_bits;
	notice->remaining = element.remaining;
	notice->restored = restored;
	notice->comment = firewall->comments[firewall->n_waits - 1];
	memcpy(notice->comment, held->comment, NFT_COMMENT_BYTES);
}

static inline void firewall_damage(struct firewall *firewall, enum nft_loss loss)
{
	struct nft_notice *notice = firewall_notice(firewall, NFT_NOTICE_DAMAGED);

	if (notice)
		notice->loss = loss;
}

/* It has this time and comment from now on. */
static inline void firewall_add(struct firewall *firewall, struct stood *set, const char *text,
				usec_t until, const char *comment)
{
	struct address address;

	must(address_parse(span_of(text), &address) == 0);
	firewall_hold(set, &address, until, comment);
	firewall_notice_element(firewall, set, firewall_held(set, &address), true, false);
}

static inline void firewall_delete(struct firewall *firewall, struct stood *set, struct held *held)
{
	firewall_notice_element(firewall, set, held, false, false);
	firewall_drop(set, held);
}

static inline void firewall_lose_notices(struct firewall *firewall)
{
	if (!firewall->listens)
		return;
	firewall->n_waits = firewall->next_wait = 0;
	firewall_notice(firewall, NFT_NOTICE_RESYNC);
}

#endif
