#include "report/digest.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

#define BAN       "3ebc39a8ae7248be86dd683ba1b2b4f6"
#define BLIND     "73386906bfae481e91ac99faed0ac6a3"
#define STATE     "67fd3b18587d4b469673d13be6708993"
#define SECOND    USEC_PER_SEC
#define MAX_WORDS 16

static const uint8_t seed[16] = "digest";

/* An entry as words: "NAME=value"; the time is told apart. */
struct words {
	usec_t time;
	const char *words[MAX_WORDS];
	size_t n_bytes; /* of the last word, if it holds a NUL */
};

static int field_of(void *source, const char *name, struct span *ret)
{
	const struct words *words = source;
	size_t size = strlen(name);

	for (size_t i = 0; i < MAX_WORDS && words->words[i]; i++)
		if (strncmp(words->words[i], name, size) == 0 && words->words[i][size] == '=') {
			*ret = span_of(words->words[i] + size + 1);
			if (words->n_bytes > 0 && !words->words[i + 1])
				ret->size = words->n_bytes;
			return 1;
		}
	return 0;
}

static int time_of(void *source, usec_t *ret)
{
	*ret = ((const struct words *)source)->time;
	return 0;
}

static void feed(struct digest *digest, struct words words)
{
	const struct entry entry = { .field = field_of, .time = time_of, .source = &words };

	assert_int_equal(digest_feed(digest, &entry), 0);
}

static struct words ban(usec_t time, const char *jail, const char *prefix, const char *cursor)
{
	return (struct words){ time,
			       { "BANISH_ACTION=ban", "MESSAGE_ID=" BAN, "PRIORITY=5", jail, prefix,
				 cursor, "BANISH_FAILURES=5.5", "BANISH_OFFENCE=1",
				 "MESSAGE=dovecot: ban 203.0.113.7/32 for 1h" },
			       0 };
}

#define DOVECOT "BANISH_JAIL=dovecot"
#define MOX     "BANISH_JAIL=mox"
#define CURSOR  "BANISH_TRIGGER_CURSOR="

static int by_count(const struct tally_item *a, const struct tally_item *b)
{
	return (a->count < b->count) - (a->count > b->count);
}

static void bans_are_counted_by_jail_and_offender(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	const struct tally_item *top[4];
	struct words again;

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	assert_null(digest_find_jail(digest, "dovecot"));
	feed(digest, ban(10 * SECOND, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", CURSOR "a"));
	feed(digest, ban(20 * SECOND, DOVECOT, "BANISH_PREFIX=203.0.113.8/32", CURSOR "b"));
	feed(digest, ban(30 * SECOND, MOX, "BANISH_PREFIX=203.0.113.7/32", CURSOR "c"));
	again = ban(40 * SECOND, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", CURSOR "d");
	again.words[7] = "BANISH_OFFENCE=2";
	feed(digest, again);
	assert_int_equal(digest_find_jail(digest, "dovecot")->bans, 3);
	assert_int_equal(digest_find_jail(digest, "dovecot")->again, 1);
	assert_int_equal(digest_find_jail(digest, "mox")->bans, 1);
	assert_int_equal(tally_top(&digest->offenders, by_count, 4, top), 3);
	assert_string_equal(top[0]->name, "203.0.113.7/32");
	assert_int_equal(top[0]->count, 2);
	assert_int_equal(top[0]->weight, 110);
	assert_int_equal(top[0]->peak, 2);
	assert_int_equal(digest->n_starts, 4);
	assert_int_equal(digest->n_entries, 4);
}

static void a_ban_is_of_the_time_when_it_was_decided(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	struct words late = ban(40 * SECOND, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", CURSOR "a");
	struct words early = ban(50 * SECOND, MOX, "BANISH_PREFIX=203.0.113.8/32", CURSOR "b");
	const struct tally_item *top[2];

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	late.words[9] = "BANISH_TIME_USEC=10000000";
	early.words[9] = "BANISH_TIME_USEC=60000000"; /* the clock was set back */
	feed(digest, late);
	feed(digest, early);
	assert_int_equal(tally_top(&digest->offenders, by_count, 2, top), 2);
	for (unsigned i = 0; i < 2; i++) {
		bool is_late = strcmp(top[i]->name, "203.0.113.7/32") == 0;

		assert_int_equal(top[i]->first, is_late ? 10 * SECOND : 50 * SECOND);
		assert_int_equal(top[i]->last, is_late ? 10 * SECOND : 50 * SECOND);
	}
}

static void offenders_are_put_together_by_network(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	const struct tally_item *top[4];

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	feed(digest, ban(1, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", CURSOR "a"));
	feed(digest, ban(2, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", CURSOR "b"));
	feed(digest, ban(3, DOVECOT, "BANISH_PREFIX=203.0.113.200/32", CURSOR "c"));
	feed(digest, ban(4, DOVECOT, "BANISH_PREFIX=2001:db8:1:2::/64", CURSOR "d"));
	feed(digest, ban(5, DOVECOT, "BANISH_PREFIX=2001:db8:1:3::/64", CURSOR "e"));
	feed(digest, ban(6, DOVECOT, "BANISH_PREFIX=2001:db8:1:4::/64", CURSOR "f"));
	feed(digest, ban(7, DOVECOT, "BANISH_PREFIX=198.51.0.0/16", CURSOR "g"));
	assert_int_equal(tally_top(&digest->networks, by_count, 4, top), 3);
	assert_string_equal(top[0]->name, "2001:db8:1::/48");
	assert_int_equal(top[0]->count, 3);
	assert_string_equal(top[1]->name, "203.0.113.0/24");
	assert_int_equal(top[1]->count, 2);
	assert_int_equal(top[1]->weight, 3);
	assert_string_equal(top[2]->name, "198.51.0.0/16");
	/* those behind NAT64 are of no network */
	for (size_t i = 0; i < 2; i++)
		feed(digest,
		     ban(8 + i, DOVECOT,
			 i ? "BANISH_PREFIX=64:ff9b::1/128" : "BANISH_PREFIX=64:ff9b::2/128",
			 CURSOR "h"));
	assert_int_equal(tally_top(&digest->networks, by_count, 4, top), 4);
	assert_int_equal(top[3]->count, 1);
}

static void a_ban_that_is_said_again_counts_once(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	feed(digest, ban(1, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", CURSOR "a"));
	feed(digest, ban(2, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", CURSOR "a"));
	assert_int_equal(digest_find_jail(digest, "dovecot")->bans, 1);
	/* one line can ban in two jails, and two offenders */
	feed(digest, ban(3, MOX, "BANISH_PREFIX=203.0.113.7/32", CURSOR "a"));
	feed(digest, ban(3, MOX, "BANISH_PREFIX=203.0.113.8/32", CURSOR "a"));
	assert_int_equal(digest_find_jail(digest, "mox")->bans, 2);
}

static struct words unban(usec_t time, const char *prefix, const char *until, const char *again)
{
	return (struct words){ time, { "BANISH_ACTION=unban", MOX, prefix, until, again }, 0 };
}

static void an_unban_that_is_said_again_counts_once(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	const char *seven = "BANISH_PREFIX=203.0.113.7/32", *eight = "BANISH_PREFIX=203.0.113.8/32";

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	feed(digest, unban(1, seven, "BANISH_UNTIL_USEC=9", NULL));
	feed(digest, unban(2, seven, "BANISH_UNTIL_USEC=9", "BANISH_AGAIN=1"));
	assert_int_equal(digest_find_jail(digest, "mox")->unbans, 1);
	feed(digest, unban(3, eight, "BANISH_UNTIL_USEC=9", "BANISH_AGAIN=1"));
	assert_int_equal(digest_find_jail(digest, "mox")->unbans, 2);
	/* banned and let go twice, for good each time */
	feed(digest, unban(4, seven, "BANISH_UNTIL_USEC=infinity", NULL));
	feed(digest, unban(5, seven, "BANISH_UNTIL_USEC=infinity", NULL));
	assert_int_equal(digest_find_jail(digest, "mox")->unbans, 4);
}

static void a_ban_by_hand_that_is_said_again_counts_once(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	struct words adopt = { 1,
			       { "BANISH_ACTION=adopt", MOX, "BANISH_PREFIX=203.0.113.7/32",
				 "BANISH_UNTIL_USEC=9" },
			       0 };

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	feed(digest, adopt);
	adopt.words[4] = "BANISH_AGAIN=1";
	feed(digest, adopt);
	assert_int_equal(digest_find_jail(digest, "mox")->by_hand, 1);
	/* an unban of it is another thing */
	feed(digest,
	     unban(2, "BANISH_PREFIX=203.0.113.7/32", "BANISH_UNTIL_USEC=9", "BANISH_AGAIN=1"));
	assert_int_equal(digest_find_jail(digest, "mox")->unbans, 1);
	adopt.words[3] = "BANISH_UNTIL_USEC=infinity";
	feed(digest, adopt);
	assert_int_equal(digest_find_jail(digest, "mox")->by_hand, 2);
}

static void bans_that_are_told_in_one_count_each(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	const struct digest_jail *jail;

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	feed(digest, ban(1, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", CURSOR "a"));
	feed(digest, (struct words){ 2,
				     { "BANISH_ACTION=bans", DOVECOT, "BANISH_COUNT=1000",
				       "BANISH_NETWORKS=10", "BANISH_REPEATED=200", CURSOR "b" },
				     0 });
	feed(digest,
	     (struct words){
		     3, { "BANISH_ACTION=bans", DOVECOT, "BANISH_COUNT=5", CURSOR "c" }, 0 });
	feed(digest, (struct words){ 4, { "BANISH_ACTION=bans", MOX, "BANISH_COUNT=x" }, 0 });
	/* after a crash */
	feed(digest, (struct words){ 5,
				     { "BANISH_ACTION=bans", DOVECOT, "BANISH_COUNT=5", CURSOR "c",
				       "BANISH_AGAIN=1" },
				     0 });
	feed(digest,
	     (struct words){ 6, { "BANISH_ACTION=unbans", DOVECOT, "BANISH_COUNT=30" }, 0 });
	feed(digest,
	     (struct words){ 7, { "BANISH_ACTION=unbans", DOVECOT, "BANISH_COUNT=30" }, 0 });
	feed(digest, (struct words){ 8, { "BANISH_ACTION=adopts", DOVECOT, "BANISH_COUNT=7" }, 0 });
	feed(digest, (struct words){ 9,
				     { "BANISH_ACTION=adopts", DOVECOT, "BANISH_COUNT=7",
				       "BANISH_AGAIN=1" },
				     0 });
	jail = digest_find_jail(digest, "dovecot");
	assert_int_equal(jail->unbans, 60);
	assert_int_equal(jail->by_hand, 7);
	assert_int_equal(jail->bans, 1006);
	assert_int_equal(jail->networks, 10);
	assert_int_equal(jail->again, 200);
	assert_int_equal(digest_find_jail(digest, "mox")->bans, 0);
	assert_int_equal(digest->n_unnamed, 795);
	assert_int_equal(digest->offenders.list.n, 1);
}

static void a_network_is_no_offender(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	struct words words = ban(1, DOVECOT, "BANISH_PREFIX=203.0.113.0/24", CURSOR "a");

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	words.words[8] = "BANISH_OFFENDERS=3";
	feed(digest, words);
	assert_int_equal(digest_find_jail(digest, "dovecot")->bans, 1);
	assert_int_equal(digest_find_jail(digest, "dovecot")->networks, 1);
	assert_int_equal(digest->offenders.list.n, 0);
}

static void hands_breakers_and_accounts_are_told(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	const struct tally_item *top[4];
	const struct digest_jail *jail;

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	feed(digest, (struct words){ 1, { "BANISH_ACTION=adopt", DOVECOT }, 0 });
	feed(digest, (struct words){ 2, { "BANISH_ACTION=unban", DOVECOT }, 0 });
	feed(digest, (struct words){ 3, { "BANISH_ACTION=unban", DOVECOT }, 0 });
	feed(digest,
	     (struct words){ 4, { "BANISH_ACTION=breaker", DOVECOT, "BANISH_STATE=open" }, 0 });
	jail = digest_find_jail(digest, "dovecot");
	assert_int_equal(jail->by_hand, 1);
	assert_int_equal(jail->unbans, 2);
	assert_true(jail->held);
	assert_int_equal(jail->held_since, 4);
	feed(digest,
	     (struct words){ 5, { "BANISH_ACTION=breaker", DOVECOT, "BANISH_STATE=closed" }, 0 });
	assert_false(digest_find_jail(digest, "dovecot")->held);
	feed(digest, (struct words){ 6,
				     { "BANISH_ACTION=target", DOVECOT, "BANISH_USER=info",
				       "BANISH_HOSTS=20" },
				     0 });
	feed(digest, (struct words){ 7,
				     { "BANISH_ACTION=target", DOVECOT, "BANISH_USER=info",
				       "BANISH_HOSTS=10" },
				     0 });
	assert_int_equal(tally_top(&digest->accounts, by_count, 4, top), 1);
	assert_string_equal(top[0]->name, "info");
	assert_int_equal(top[0]->count, 2);
	assert_int_equal(top[0]->peak, 20);
}

static void warn(struct digest *digest, usec_t time, const char *id, const char *priority,
		 const char *message, const char *jail)
{
	feed(digest, (struct words){ time, { id, priority, message, jail }, 0 });
}

static void warnings_are_put_together_by_kind(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	const struct digest_remark *remarks;

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	warn(digest, 1, "MESSAGE_ID=" BLIND, "PRIORITY=4", "MESSAGE=dropped 10 of dovecot", NULL);
	warn(digest, 2, "MESSAGE_ID=" BLIND, "PRIORITY=4", "MESSAGE=dropped 20 of dovecot", NULL);
	warn(digest, 3, "MESSAGE_ID=" BLIND, "PRIORITY=4", "MESSAGE=dropped 20 of mox", NULL);
	warn(digest, 4, "MESSAGE_ID=" BLIND, "PRIORITY=4", "MESSAGE=some", DOVECOT);
	warn(digest, 5, "MESSAGE_ID=" BLIND, "PRIORITY=4", "MESSAGE=other", DOVECOT);
	warn(digest, 6, "MESSAGE_ID=" BLIND, "PRIORITY=6", "MESSAGE=calm", NULL);
	remarks = digest->remarks;
	assert_int_equal(digest->n_remarks, 3);
	assert_int_equal(remarks[0].count, 2);
	assert_string_equal(remarks[0].message, "dropped 20 of dovecot");
	assert_int_equal(remarks[0].first, 1);
	assert_int_equal(remarks[0].last, 2);
	assert_int_equal(remarks[0].calmed, 6);
	assert_string_equal(remarks[1].message, "dropped 20 of mox");
	assert_int_equal(remarks[2].count, 2);
	assert_string_equal(remarks[2].message, "other");
	assert_int_equal(remarks[2].calmed, 0);
	assert_int_equal(digest->n_starts, 0);
	assert_int_equal(digest->n_entries, 6);
	warn(digest, 7, "MESSAGE_ID=" STATE, "PRIORITY=6", "MESSAGE=fine", NULL);
	assert_int_equal(digest->n_starts, 0);
	assert_int_equal(digest->n_entries, 7);
}

static void many_kinds_of_warnings_are_folded(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	char message[64];

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	for (int i = 0; i < 200; i++) {
		memset(message, 0, sizeof(message));
		strcpy(message, "MESSAGE=");
		memset(message + 8, 'x', (size_t)i % 50 + 1);
		message[8] = (char)('a' + i / 50);
		warn(digest, 1, "MESSAGE_ID=" STATE, "PRIORITY=3", message, NULL);
	}
	assert_int_equal(digest->n_remarks, DIGEST_MAX_REMARKS);
	assert_int_equal(digest->n_remarks_folded, 200 - DIGEST_MAX_REMARKS);
}

static void nonsense_is_passed_over(void **state)
{
	static const char *const nonsense[][3] = {
		{ "BANISH_ACTION=ban" },
		{ "BANISH_ACTION=ban", "BANISH_JAIL=x" },
		{ "BANISH_ACTION=ban", "BANISH_JAIL=x", "BANISH_PREFIX=nobody" },
		{ "BANISH_ACTION=ban", "BANISH_JAIL=x", "BANISH_PREFIX=" },
		{ "BANISH_ACTION=target", "BANISH_JAIL=x" },
		{ "BANISH_ACTION=", "BANISH_JAIL=" },
		{ "MESSAGE_ID=", "PRIORITY=" },
		{ "BANISH_JAIL=this-name-is-far-too-long-for-the-name-of-any-jail" },
	};
	cleanup(digest_freep) struct digest *digest = NULL;

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++)
		feed(digest,
		     (struct words){ 1, { nonsense[i][0], nonsense[i][1], nonsense[i][2] }, 0 });
	feed(digest, (struct words){ 1, { "BANISH_ACTION=unban", "BANISH_JAIL=y\0z" }, 3 });
	assert_int_equal(digest_find_jail(digest, "x")->bans, 0);
	assert_null(digest_find_jail(digest, "y"));
	assert_int_equal(digest->offenders.list.n, 0);
}

/* A day of a very large attack: memory ends somewhere, and it is told. */
static void a_flood_of_offenders_is_bounded(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	char prefix[64], cursor[64];

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	for (unsigned i = 0; i < DIGEST_MAX_OFFENDERS + 100; i++) {
		snprintf(prefix, sizeof(prefix), "BANISH_PREFIX=10.%u.%u.%u/32", i >> 16,
			 i >> 8 & 0xff, i & 0xff);
		snprintf(cursor, sizeof(cursor), CURSOR "%u", i);
		feed(digest, ban(i, DOVECOT, prefix, cursor));
	}
	assert_int_equal(digest_find_jail(digest, "dovecot")->bans, DIGEST_MAX_OFFENDERS + 100);
	assert_int_equal(digest->offenders.list.n, DIGEST_MAX_OFFENDERS);
	assert_int_equal(digest->offenders.n_folded, 100);
}

static void feed_ban_of(struct digest *digest, usec_t time, const char *cursor, const char *bantime)
{
	struct words words = ban(time, DOVECOT, "BANISH_PREFIX=203.0.113.7/32", cursor);

	words.words[9] = bantime;
	feed(digest, words);
}

static void how_long_an_offender_was_out_is_told(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	const struct tally_item *item;

	assert_int_equal(digest_new(seed, BAN, &digest), 0);
	feed_ban_of(digest, 10 * SECOND, CURSOR "a", "BANISH_BANTIME_USEC=60000000");
	feed_ban_of(digest, 90 * SECOND, CURSOR "b", "BANISH_BANTIME_USEC=3600000000");
	feed_ban_of(digest, 95 * SECOND, CURSOR "b", "BANISH_BANTIME_USEC=3600000000");
	item = tally_find(&digest->offenders, 0, "203.0.113.7/32");
	assert_non_null(item);
	assert_int_equal(item->first, 10 * SECOND);
	assert_int_equal(item->last, 90 * SECOND);
	assert_int_equal(item->time, 3660 * SECOND);
	feed_ban_of(digest, 100 * SECOND, CURSOR "c", "BANISH_BANTIME_USEC=infinity");
	feed_ban_of(digest, 110 * SECOND, CURSOR "d", "BANISH_BANTIME_USEC=60000000");
	assert_true(item->time == USEC_INFINITY);
}

static void told(struct digest *digest, usec_t time, const char *id, const char *priority)
{
	feed(digest, (struct words){ time, { id, priority, "MESSAGE=x" }, 0 });
}

static void when_bans_were_and_what_was_not_seen(void **state)
{
	cleanup(digest_freep) struct digest *digest = NULL;
	const usec_t hour = USEC_PER_HOUR;
	struct series series;

	series_init(&series, 0, 9 * hour, 0);
	assert_int_equal(digest_new(seed, "start", &digest), 0);
	digest->stop_id = "stop";
	digest->blind_id = "blind";
	digest->series = &series;
	feed_ban_of(digest, 1, CURSOR "a", NULL);
	feed_ban_of(digest, hour, CURSOR "a", NULL);              /* said again */
	told(digest, 2 * hour, "MESSAGE_ID=start", "PRIORITY=6"); /* it crashed: since when? */
	told(digest, 3 * hour, "MESSAGE_ID=stop", "PRIORITY=6");
	told(digest, 4 * hour, "MESSAGE_ID=start", "PRIORITY=6");
	told(digest, 6 * hour, "MESSAGE_ID=blind", "PRIORITY=6"); /* it sees again */
	told(digest, 7 * hour, "MESSAGE_ID=blind", "PRIORITY=4");
	assert_int_equal(digest->stopped, 0);
	told(digest, 9 * hour, "MESSAGE_ID=stop", "PRIORITY=6");
	assert_int_equal(digest->stopped, 9 * hour);
	feed(digest, (struct words){ 5 * hour,
				     { "BANISH_ACTION=bans", MOX, CURSOR "c", "BANISH_COUNT=7" },
				     0 });
	assert_int_equal(series_sum_slot(&series, SERIES_BANS, 0), 1);
	assert_int_equal(series_sum_slot(&series, SERIES_BANS, 1), 0);
	assert_int_equal(series_sum_slot(&series, SERIES_BANS, 5), 7);
	for (size_t i = 0; i < series.n_slots; i++)
		assert_int_equal(series.blind[i], i == 3 || i == 4 || i == 7);
	series_done(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bans_are_counted_by_jail_and_offender),
		cmocka_unit_test(a_ban_is_of_the_time_when_it_was_decided),
		cmocka_unit_test(offenders_are_put_together_by_network),
		cmocka_unit_test(a_ban_that_is_said_again_counts_once),
		cmocka_unit_test(an_unban_that_is_said_again_counts_once),
		cmocka_unit_test(a_ban_by_hand_that_is_said_again_counts_once),
		cmocka_unit_test(bans_that_are_told_in_one_count_each),
		cmocka_unit_test(a_network_is_no_offender),
		cmocka_unit_test(hands_breakers_and_accounts_are_told),
		cmocka_unit_test(warnings_are_put_together_by_kind),
		cmocka_unit_test(many_kinds_of_warnings_are_folded),
		cmocka_unit_test(nonsense_is_passed_over),
		cmocka_unit_test(a_flood_of_offenders_is_bounded),
		cmocka_unit_test(how_long_an_offender_was_out_is_told),
		cmocka_unit_test(when_bans_were_and_what_was_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
