#include "verbs/against.h"

#include "base/array.h"
#include "base/timespan.h"
#include "cli/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define MAX_FOUND  65536 /* differences in memory; more are printed in parts */
#define USER_SHOWN 32    /* bytes of an account's name */

void against_init(struct against *against, const uint8_t seed[static HASH_SEED_SIZE])
{
	*against = (struct against){ 0 };
	compare_init(&against->compare, seed);
}

void against_done(struct against *against)
{
	compare_done(&against->compare);
	free(against->found);
}

static usec_t against_time(const struct difference *difference)
{
	return difference->bans[difference->has[COMPARE_A] ? COMPARE_A : COMPARE_B].since;
}

static int against_order(const void *left, const void *right)
{
	const struct difference *a = left, *b = right;
	usec_t x = against_time(a), y = against_time(b);

	return ((x > y) - (x < y)) ?: memcmp(&a->who, &b->who, sizeof(a->who)) ?: a->has[0] - b->has[0];
}

static const struct lockout_login *against_find_login(const struct against *against,
						      const struct difference *difference)
{
	const struct lockout_item *item;

	for (unsigned side = COMPARE_A; side <= COMPARE_B; side++) {
		item = difference->has[side]
			       ? lockout_find(against->watches[side], &difference->who)
			       : NULL;
		if (item && item->login.time > 0)
			return &item->login;
	}
	return NULL;
}

static const char *against_span(const struct compare_ban *ban,
				char buffer[static TIMESPAN_TEXT_MAX])
{
	return ban->until == USEC_INFINITY ? "good"
					   : timespan_format(ban->until - ban->since, buffer);
}

static const char *against_word(int sign, const char *less, const char *more)
{
	return sign < 0 ? less : sign > 0 ? more : "same";
}

static int against_print_difference(const struct against *against,
				    const struct difference *difference)
{
	const struct compare_ban *a = &difference->bans[COMPARE_A],
				 *b = &difference->bans[COMPARE_B];
	bool has_a = difference->has[COMPARE_A], has_b = difference->has[COMPARE_B];
	const struct compare_ban *ban = has_a ? a : b;
	const struct lockout_login *login = against_find_login(against, difference);
	int start = has_a && has_b ? difference_start(difference) : 0;
	int length = has_a && has_b ? difference_length(difference) : 0;
	char gap[TIMESPAN_TEXT_MAX] = "", span_a[TIMESPAN_TEXT_MAX], span_b[TIMESPAN_TEXT_MAX];
	const char *sentence =
		!has_a || !has_b
			? "{time_usec}  {jail:10} {prefix:24} only {side} bans, for {span}: {event}, "
			  "{failures} failures{too}"
		: start == 0
			? "{time_usec}  {jail:10} {prefix:24} B bans for {span b}, A for {span}{too}"
		: length == 0
			? "{time_usec}  {jail:10} {prefix:24} B bans {gap} {start}{too}"
			: "{time_usec}  {jail:10} {prefix:24} B bans {gap} {start}, and for {span b}, A for "
			  "{span}{too}";
	const struct row rows[] = {
		ROW_TEXT("only", has_a && has_b ? "both"
				 : has_a        ? "a"
						: "b"),
		ROW_TEXT("jail", difference->who.jail),
		ROW_PREFIX("prefix", &difference->who.prefix),
		ROW("start", IF_THERE(has_a && has_b, KIND_TEXT), text,
		    against_word(start, "earlier", "later")),
		ROW("length", IF_THERE(has_a && has_b, KIND_TEXT), text,
		    against_word(length, "shorter", "longer")),
		ROW_ADDRESS("address", &ban->address),
		ROW_TEXT("event", ban->event),
		ROW_WEIGHT("failures", ban->failures),
		ROW_NUMBER("offence", ban->offence),
		ROW("a_time_usec", IF_THERE(has_a, KIND_TIME), number, a->since),
		ROW("a_until_usec", IF_THERE(has_a, KIND_TIME), number, a->until),
		ROW("b_time_usec", IF_THERE(has_b, KIND_TIME), number, b->since),
		ROW("b_until_usec", IF_THERE(has_b, KIND_TIME), number, b->until),
		ROW("login_usec", IF_KNOWN(login, KIND_TIME), number, login ? login->time : 0),
		{ .key = "user",
		  .kind = IF_KNOWN(login && login->size > 0, KIND_BYTES),
		  .bytes = { login ? login->user : NULL, login ? login->size : 0 },
		  .max = USER_SHOWN },
		{ .key = "time_usec", .kind = KIND_TIME, .number = ban->since, .for_people = true },
		ROW_SAID("side", has_a ? "A" : "B"),
		ROW_SAID("span", against_span(ban, span_a)),
		ROW_SAID("span b", against_span(b, span_b)),
		ROW_SAID("gap", gap),
		ROW_SAID("too", login ? "; logged in, too" : ""),
		ROW_END,
	};

	if (start != 0)
		timespan_format(start < 0 ? a->since - b->since : b->since - a->since, gap);
	return output_print(against->json, sentence, rows);
}

static int against_flush(struct against *against)
{
	int r = 0;

	if (against->n_found > 0)
		qsort(against->found, against->n_found, sizeof(*against->found), against_order);
	for (size_t i = 0; r >= 0 && i < against->n_found; i++)
		r = against_print_difference(against, &against->found[i]);
	against->n_found = 0;
	free(against->found);
	against->found = NULL;
	return r;
}

static int against_collect(struct against *against, bool end)
{
	struct difference difference;
	int r = 0;

	while (r >= 0 && compare_take(&against->compare, end, &difference)) {
		against->differences++;
		if (!difference.has[COMPARE_B]) {
			against->only[COMPARE_A]++;
		} else if (!difference.has[COMPARE_A]) {
			against->only[COMPARE_B]++;
		} else {
			int start = difference_start(&difference);
			int length = difference_length(&difference);

			against->earlier += start < 0;
			against->later += start > 0;
			against->shorter += length < 0;
			against->longer += length > 0;
		}
		if (!array_grow(against->found, against->n_found))
			return -ENOMEM;
		against->found[against->n_found++] = difference;
		if (against->n_found >= MAX_FOUND)
			r = against_flush(against);
	}
	return r;
}

int against_add(struct against *against, unsigned side, const struct ban *ban)
{
	struct offender who = offender_of(ban->jail, &ban->prefix);
	struct compare_ban compared = { .since = ban->since,
					.until = ban->until,
					.address = ban->address,
					.failures = ban->failures,
					.offence = ban->offence };
	int r;

	snprintf(compared.event, sizeof(compared.event), "%s", ban->event);
	against->bans[side]++;
	r = compare_add(&against->compare, side, &who, &compared);
	return r < 0 ? r : against_collect(against, false);
}

/* "B bans 14 more hosts, 2 of which had logged in." */
static void against_say_hosts(char side, uint64_t n, uint64_t logged_in)
{
	if (n > 0 && logged_in > 0)
		printf("%c bans %" PRIu64 " more host%s, %" PRIu64 " of which had logged in.\n",
		       side, n, PLURAL(n), logged_in);
	else if (n > 0)
		printf("%c bans %" PRIu64 " more host%s, none of which had logged in.\n", side, n,
		       PLURAL(n));
}

/* The sums in words. */
static void against_say(const struct against *against, uint64_t n_entries,
			const uint64_t hosts[static 2], const uint64_t logged_in[static 2])
{
	const char *gap = against->differences > 0 ? "\n" : "";

	printf("%s%" PRIu64 " entr%s read. A: %" PRIu64 " ban%s. B: %" PRIu64 " ban%s.\n", gap,
	       n_entries, n_entries == 1 ? "y" : "ies", against->bans[0], PLURAL(against->bans[0]),
	       against->bans[1], PLURAL(against->bans[1]));
	if (against->differences == 0) {
		puts("No difference.");
		return;
	}
	against_say_hosts('A', hosts[COMPARE_A], logged_in[COMPARE_A]);
	against_say_hosts('B', hosts[COMPARE_B], logged_in[COMPARE_B]);
	printf("Bans that only A makes: %" PRIu64 ", only B: %" PRIu64
	       ". Of those of both, B makes %" PRIu64 " earlier and %" PRIu64 " later, %" PRIu64
	       " longer and %" PRIu64 " shorter.\n",
	       against->only[COMPARE_A], against->only[COMPARE_B], against->earlier, against->later,
	       against->longer, against->shorter);
	if (against->compare.n_folded > 0)
		printf("More than %d hosts: the numbers are not exact.\n", COMPARE_MAX);
}

int against_print(struct against *against, uint64_t n_entries)
{
	uint64_t hosts[2], logged_in[2];
	int r;

	r = against_collect(against, true);
	if (r >= 0)
		r = against_flush(against);
	if (r < 0)
		return r;
	for (unsigned side = COMPARE_A; side <= COMPARE_B; side++)
		hosts[side] =
			lockout_count(against->watches[side], NULL,
				      against->watches[side == COMPARE_A ? COMPARE_B : COMPARE_A],
				      &logged_in[side]);
	if (!against->json) {
		against_say(against, n_entries, hosts, logged_in);
		return 0;
	}
	return output_print(true, NULL,
			    (const struct row[]){
				    ROW_TEXT("action", "summary"),
				    ROW_NUMBER("entries", n_entries),
				    ROW_NUMBER("differences", against->differences),
				    ROW_NUMBER("only_a", against->only[COMPARE_A]),
				    ROW_NUMBER("only_b", against->only[COMPARE_B]),
				    ROW_NUMBER("earlier", against->earlier),
				    ROW_NUMBER("later", against->later),
				    ROW_NUMBER("longer", against->longer),
				    ROW_NUMBER("shorter", against->shorter),
				    ROW_NUMBER("bans_a", against->bans[COMPARE_A]),
				    ROW_NUMBER("bans_b", against->bans[COMPARE_B]),
				    ROW_NUMBER("hosts_a", hosts[COMPARE_A]),
				    ROW_NUMBER("hosts_b", hosts[COMPARE_B]),
				    ROW_NUMBER("logged_in_a", logged_in[COMPARE_A]),
				    ROW_NUMBER("logged_in_b", logged_in[COMPARE_B]),
				    ROW_END,
			    });
}
