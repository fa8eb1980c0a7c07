#include "match/hits.h"

#include "rules.h"

#include <errno.h>

/* The rules of this test are the pool's. */
struct rule *rule_free(struct rule *rule)
{
	return NULL;
}

static struct ruleset *ruleset_of_two(void)
{
	struct rule **given = pooled(2, sizeof(*given));
	struct policy policy = { .jails = pooled(2, sizeof(*policy.jails)), .n_jails = 2 };
	struct ruleset *ruleset = NULL;
	struct faults faults = { 0 };

	given[0] = make_rule("a", "_SYSTEMD_UNIT=a.service");
	make_event(given[0], "no", "MESSAGE", "^nobody (?<address>.*)");
	make_event(given[0], "one", "MESSAGE",
		   "^(?<user>\\w*) of (?<address>\\S+)(?: (?<attempts>\\d+))?$");
	given[1] = make_rule("b", "_SYSTEMD_UNIT=a.service");
	make_event(given[1], "two", "MESSAGE", "^.* of (?<session>.*)$");
	for (size_t i = 0; i < 2; i++)
		strcpy(policy.jails[i].name, given[i]->name);
	assert_int_equal(ruleset_new(given, 2, &policy, "b.json", false, &faults, &ruleset), 0);
	return ruleset;
}

static int scan(struct ruleset *ruleset, const char *message)
{
	const char *const fields[] = { "_SYSTEMD_UNIT=a.service", message, NULL };
	struct source source = { .fields = fields };
	struct entry entry = source_entry(&source);

	return ruleset_scan(ruleset, &entry);
}

static void assert_span(struct span a, struct span b)
{
	assert_int_equal(a.data != NULL, b.data != NULL);
	assert_true(span_equal(a, b));
}

static void hits_come_out_as_they_went_in(void **state)
{
	static const char *const messages[] = { "MESSAGE=joe of 192.0.2.1 7", "MESSAGE= of x",
						"MESSAGE=a and b of c", "MESSAGE=nothing" };
	cleanup(ruleset_freep) struct ruleset *from = ruleset_of_two(), *to = ruleset_of_two();
	struct entry scanned = { .scanned = true };

	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		struct buffer buffer = { 0 };
		int n = scan(from, messages[i]);
		struct span bytes;

		hits_pack(from, &buffer);
		buffer_put(&buffer, "rest", 4);
		bytes = (struct span){ buffer.data, buffer.size };
		assert_int_equal(hits_unpack(to, &bytes), 0);
		assert_true(span_equal(bytes, SPAN_LITERAL("rest")));
		assert_int_equal(ruleset_scan(to, &scanned), n);
		for (size_t k = 0; k < (size_t)n; k++) {
			const struct hit *a = ruleset_hit(from, k), *b = ruleset_hit(to, k);

			assert_int_equal(a->jail, b->jail);
			assert_int_equal(a->event, b->event);
			assert_span(a->captures.address, b->captures.address);
			assert_span(a->captures.user, b->captures.user);
			assert_span(a->captures.session, b->captures.session);
			assert_int_equal(a->captures.has_attempts, b->captures.has_attempts);
			assert_int_equal(a->captures.attempts, b->captures.attempts);
		}
		free(buffer.data);
	}
	pool_done();
}

static void what_is_cut_off_is_refused(void **state)
{
	cleanup(ruleset_freep) struct ruleset *ruleset = ruleset_of_two();
	struct buffer buffer = { 0 };

	assert_int_equal(scan(ruleset, "MESSAGE=joe of 192.0.2.1 7"), 2);
	hits_pack(ruleset, &buffer);
	for (size_t size = 0; size < buffer.size; size++) {
		struct span bytes = { buffer.data, size };

		assert_int_equal(hits_unpack(ruleset, &bytes), -EBADMSG);
		assert_int_equal(ruleset_n_hits(ruleset), 0);
	}
	free(buffer.data);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hits_come_out_as_they_went_in),
		cmocka_unit_test(what_is_cut_off_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
