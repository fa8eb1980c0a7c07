#include "entry/selector.h"

#include "base/bitmap.h"
#include "rules.h"

#include <stdio.h>

static struct selection *selection_of(const struct rule *const *rules, size_t n)
{
	struct selectors *selectors = pooled(n, sizeof(*selectors));
	struct selection *selection = NULL;

	for (size_t i = 0; i < n; i++)
		selectors[i] = (struct selectors){ .list = rules[i]->selectors,
						   .n = rules[i]->n_selectors };
	assert_int_equal(selection_new(selectors, n, &selection), 0);
	return selection;
}

static void assert_agrees(struct selection *selection, const char *const *fields,
			  const char *agreeing, const char *asked)
{
	struct source source = { .fields = fields };
	struct entry entry = source_entry(&source);

	selection_begin(selection);
	for (size_t i = 0; agreeing[i]; i++)
		assert_int_equal(selection_agrees(selection, &entry, i), agreeing[i] == '1');
	assert_string_equal(source.asked, asked);
}

static void ands_fields_and_ors_objects_and_values(void **state)
{
	struct rule *a = make_rule("a", "SYSLOG_IDENTIFIER=x|y _SYSTEMD_UNIT=a.service");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=b.service|a.service");
	struct rule *c = make_rule("c", "_UID=0");
	const struct rule *rules[] = { a, b, c };
	cleanup(selection_freep) struct selection *selection = NULL;

	make_selector(c, "_EXE=/bin/c _SYSTEMD_UNIT=a.service");
	selection = selection_of(rules, 3);

	assert_agrees(selection, FIELDS("_SYSTEMD_UNIT=a.service", "SYSLOG_IDENTIFIER=y"), "110",
		      "_SYSTEMD_UNIT SYSLOG_IDENTIFIER _UID _EXE ");
	assert_agrees(selection, FIELDS("_SYSTEMD_UNIT=a.service", "SYSLOG_IDENTIFIER=z"), "010",
		      "_SYSTEMD_UNIT SYSLOG_IDENTIFIER _UID _EXE ");
	assert_agrees(selection, FIELDS("_SYSTEMD_UNIT=b.service", "SYSLOG_IDENTIFIER=x"), "010",
		      "_SYSTEMD_UNIT _UID ");
	assert_agrees(selection, FIELDS("_SYSTEMD_UNIT=a.service", "_EXE=/bin/c"), "011",
		      "_SYSTEMD_UNIT SYSLOG_IDENTIFIER _UID _EXE ");
	assert_agrees(selection, FIELDS("_UID=0"), "001", "_SYSTEMD_UNIT _UID ");
	assert_agrees(selection, FIELDS("_UID=00"), "000", "_SYSTEMD_UNIT _UID ");
	/* One field's value is not another's. */
	assert_agrees(selection, FIELDS("_UID=a.service", "_SYSTEMD_UNIT=0"), "000",
		      "_SYSTEMD_UNIT _UID ");
	pool_done();
}

static void missing_fields_agree_when_told_to(void **state)
{
	struct rule *a = make_rule("a", "SYSLOG_IDENTIFIER=x _SYSTEMD_UNIT=a.service");
	const struct rule *rules[] = { a };
	cleanup(selection_freep) struct selection *selection = selection_of(rules, 1);
	struct source source = { .fields = FIELDS("SYSLOG_IDENTIFIER=x") };
	struct entry entry = source_entry(&source);
	uint64_t narrowed[1];

	selection_assume_missing(selection, true);
	assert_agrees(selection, FIELDS("MESSAGE=x"), "1", "_SYSTEMD_UNIT SYSLOG_IDENTIFIER ");
	assert_agrees(selection, FIELDS("_SYSTEMD_UNIT=a.service"), "1",
		      "_SYSTEMD_UNIT SYSLOG_IDENTIFIER ");
	assert_agrees(selection, FIELDS("_SYSTEMD_UNIT=b.service"), "0", "_SYSTEMD_UNIT ");
	assert_agrees(selection, FIELDS("SYSLOG_IDENTIFIER=y"), "0",
		      "_SYSTEMD_UNIT SYSLOG_IDENTIFIER ");
	selection_begin(selection);
	assert_int_equal(selection_narrow(selection, &entry, narrowed), 0);
	assert_true(bitmap_has(narrowed, 0));
	pool_done();
}

static void a_system_user_is_below_1000_or_nobody(void **state)
{
	static const struct {
		const char *user, *agreeing;
	} cases[] = {
		{ "_UID=0", "101" },    { "_UID=999", "100" },   { "_UID=8", "110" },
		{ "_UID=1000", "010" }, { "_UID=65534", "000" }, { "_UID=4294967295", "000" },
		{ "_UID=", "000" },     { "_UID=-1", "000" },    { "_UID=0x1", "000" },
		{ "_UID=9x", "000" },   { "X=1", "100" },
	};
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=x _UID=system");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=x _UID=8|1000");
	struct rule *c = make_rule("c", "_UID=0 _EXE=system");
	const struct rule *rules[] = { a, b, c };
	cleanup(selection_freep) struct selection *selection = selection_of(rules, 3);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source source = { .fields = FIELDS(cases[i].user, "_SYSTEMD_UNIT=x",
							  "_EXE=system") };
		struct entry entry = source_entry(&source);

		selection_begin(selection);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(selection_agrees(selection, &entry, k),
					 cases[i].agreeing[k] == '1');
	}
	pool_done();
}

/* `agreeing`: a digit each rule, '1' where it agrees. */
static void assert_selects(struct selection *selection, const struct entry *entry,
			   uint64_t narrowed, const char *agreeing)
{
	uint64_t bits[1];

	selection_begin(selection);
	assert_int_equal(selection_narrow(selection, entry, bits), 0);
	assert_int_equal(bits[0], narrowed);
	for (size_t i = 0; agreeing[i]; i++)
		assert_int_equal(selection_agrees(selection, entry, i), agreeing[i] == '1');
}

static void an_empty_value_is_a_missing_field(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT= _UID=0");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=b.service| _UID=0");
	struct rule *c = make_rule("c", "X= _UID=0");
	const struct rule *rules[] = { a, b, c };
	cleanup(selection_freep) struct selection *selection = selection_of(rules, 3);
	static const struct {
		const char *unit, *agreeing;
		uint64_t narrowed;
	} cases[] = {
		{ "Y=1", "111", 7 },
		{ "_SYSTEMD_UNIT=b.service", "011", 6 },
		{ "_SYSTEMD_UNIT=a.service", "001", 4 },
		{ "_SYSTEMD_UNIT=", "111", 7 },
		{ "X=1", "110", 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source source = { .fields = FIELDS(cases[i].unit, "_UID=0") };
		struct entry entry = source_entry(&source);

		assert_selects(selection, &entry, cases[i].narrowed, cases[i].agreeing);
	}
	pool_done();
}

static void a_prefix_is_a_beginning(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=libpod-conmon- CONTAINER_NAME=mail");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=libpod-conmon-1.scope");
	struct rule *c = make_rule("c", "_UID=0 _SYSTEMD_CGROUP=/system.slice/x");
	const struct rule *rules[] = { a, b, c };
	cleanup(selection_freep) struct selection *selection = NULL;
	static const struct {
		const char *unit, *cgroup, *agreeing;
		uint64_t narrowed;
	} cases[] = {
		{ "_SYSTEMD_UNIT=libpod-conmon-1.scope", "X=", "110", 7 },
		{ "_SYSTEMD_UNIT=libpod-conmon-", "_SYSTEMD_CGROUP=/system.slice/x.service", "101",
		  5 },
		{ "_SYSTEMD_UNIT=libpod-conmo", "_SYSTEMD_CGROUP=/system.slice/", "000", 4 },
		{ "_SYSTEMD_UNIT=xlibpod-conmon-1", "_SYSTEMD_CGROUP=/system.slice/x", "001", 4 },
		{ "Y=", "X=", "000", 4 },
	};

	a->selectors[0].conditions[0].is_prefix = true;
	c->selectors[0].conditions[1].is_prefix = true;
	selection = selection_of(rules, 3);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source source = { .fields = FIELDS(cases[i].unit, cases[i].cgroup, "_UID=0",
							  "CONTAINER_NAME=mail") };
		struct entry entry = source_entry(&source);

		assert_selects(selection, &entry, cases[i].narrowed, cases[i].agreeing);
	}
	pool_done();
}

static void narrows_by_a_system_user(void **state)
{
	struct rule *a = make_rule("a", "_UID=system|1000 _EXE=x");
	struct rule *b = make_rule("b", "_UID=7");
	const struct rule *rules[] = { a, b };
	cleanup(selection_freep) struct selection *selection = selection_of(rules, 2);
	static const struct {
		const char *user;
		uint64_t narrowed;
	} cases[] = { { "_UID=7", 3 }, { "_UID=8", 1 }, { "_UID=1000", 1 }, { "_UID=1001", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source source = { .fields = FIELDS(cases[i].user) };
		struct entry entry = source_entry(&source);
		uint64_t narrowed[1];

		selection_begin(selection);
		assert_int_equal(selection_narrow(selection, &entry, narrowed), 0);
		assert_int_equal(narrowed[0], cases[i].narrowed);
	}
	pool_done();
}

static void narrows_many_rules_by_one_question(void **state)
{
	const struct rule *rules[500];
	cleanup(selection_freep) struct selection *selection = NULL;
	struct source source;
	uint64_t narrowed[8];
	char text[128];

	for (int i = 0; i < 500; i++) {
		(void)snprintf(text, sizeof(text), "SYSLOG_IDENTIFIER=x _SYSTEMD_UNIT=u%d.service",
			       i);
		rules[i] = make_rule("a", text);
	}
	selection = selection_of(rules, 500);
	for (size_t i = 0; i < 500; i++) {
		struct entry entry;

		(void)snprintf(text, sizeof(text), "_SYSTEMD_UNIT=u%zu.service", i);
		source = (struct source){ .fields = FIELDS(text) };
		entry = source_entry(&source);
		selection_begin(selection);
		assert_int_equal(selection_narrow(selection, &entry, narrowed), 0);
		assert_string_equal(source.asked, "_SYSTEMD_UNIT ");
		assert_int_equal(bitmap_next(narrowed, 0, 500), i);
		assert_int_equal(bitmap_next(narrowed, i + 1, 500), 500);
		assert_int_equal(selection_agrees(selection, &entry, i), 0);
	}
	pool_done();
}

static void passes_errors_on(void **state)
{
	struct rule *a = make_rule("a", "SYSLOG_IDENTIFIER=x _SYSTEMD_UNIT=a.service");
	const struct rule *rules[] = { a };
	cleanup(selection_freep) struct selection *selection = selection_of(rules, 1);
	struct source source = { .fields = FIELDS("_SYSTEMD_UNIT=a.service"),
				 .failing = "SYSLOG_IDENTIFIER" };
	struct entry entry = source_entry(&source);
	uint64_t narrowed[1];

	selection_begin(selection);
	assert_int_equal(selection_agrees(selection, &entry, 0), -5);
	assert_int_equal(selection_narrow(selection, &entry, narrowed), 0);
	source.failing = "_SYSTEMD_UNIT";
	selection_begin(selection);
	assert_int_equal(selection_narrow(selection, &entry, narrowed), -5);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ands_fields_and_ors_objects_and_values),
		cmocka_unit_test(missing_fields_agree_when_told_to),
		cmocka_unit_test(a_system_user_is_below_1000_or_nobody),
		cmocka_unit_test(an_empty_value_is_a_missing_field),
		cmocka_unit_test(a_prefix_is_a_beginning),
		cmocka_unit_test(narrows_by_a_system_user),
		cmocka_unit_test(narrows_many_rules_by_one_question),
		cmocka_unit_test(passes_errors_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
