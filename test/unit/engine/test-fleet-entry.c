/* What another host sent: every word of it is its own. */
#include "engine/fleet-entry.h"

#include "unit.h"

#include <errno.h>

#define NOW (1763769600 * USEC_PER_SEC)
#define CURSOR \
	"s=0123456789abcdef0123456789abcdef;i=1;b=0123456789abcdef0123456789abcdef;m=1;t=2;x=3"

static const char *const good[][2] = {
	{ "_SYSTEMD_UNIT", "banish.service" },
	{ "_MACHINE_ID", "0123456789abcdef0123456789abcdef" },
	{ "BANISH_ACTION", "ban" },
	{ "BANISH_JAIL", "dovecot" },
	{ "BANISH_ADDRESS", "203.0.113.7" },
	{ "BANISH_PREFIX", "203.0.113.7/32" },
	{ "BANISH_TIME_USEC", "1763769500000000" },
	{ "BANISH_TRIGGER_CURSOR", CURSOR },
};

/* The good one, with some fields replaced; value NULL: without it. */
struct forged {
	const char *const (*fields)[2];
	size_t n;
	struct span long_value; /* of the field in `fields` whose value is "LONG" */
	const char *broken;     /* asking for it fails */
};

static int forged_field(void *source, const char *name, struct span *ret)
{
	const struct forged *forged = source;
	const char *value = NULL;

	if (forged->broken && strcmp(forged->broken, name) == 0)
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (strcmp(good[i][0], name) == 0)
			value = good[i][1];
	for (size_t i = 0; i < forged->n; i++)
		if (strcmp(forged->fields[i][0], name) == 0)
			value = forged->fields[i][1];
	if (!value)
		return 0;
	*ret = strcmp(value, "LONG") == 0  ? forged->long_value
	       : strcmp(value, "NUL") == 0 ? (struct span){ "203.0.113.7\0", 12 }
					   : span_of(value);
	return 1;
}

/* "", or why not. */
static const char *read_forged(struct forged *forged, bool is_hub, struct report *report)
{
	static char cursor[FLEET_CURSOR_SIZE];
	const struct fleet_terms terms = { SPAN_LITERAL("ffffffffffffffffffffffffffffffff"), is_hub,
					   NOW };
	const struct entry entry = { .field = forged_field, .source = forged };
	enum refusal why;
	int r = fleet_read_entry(&entry, &terms, cursor, report, &why);

	assert_true(r >= 0);
	return r ? "" : refusal_names[why];
}

static const char *replaced(const char *name, const char *value, struct report *report)
{
	static char text[4096];
	const char *const fields[][2] = { { name, value } };
	struct forged forged = { fields, 1, { text, sizeof(text) }, NULL };

	memset(text, '1', sizeof(text));
	return read_forged(&forged, false, report);
}

static void a_report_is_read(void **state)
{
	struct forged forged = { 0 };
	char text[PREFIX_TEXT_MAX];
	struct report report;

	assert_string_equal(read_forged(&forged, false, &report), "");
	assert_string_equal(address_format(&report.address, text), "203.0.113.7");
	assert_string_equal(prefix_format(&report.prefix, text), "203.0.113.7/32");
	assert_int_equal(report.time, NOW - 100 * USEC_PER_SEC);
	assert_string_equal(report.cursor, CURSOR);
	assert_false(report.unban);
	assert_string_equal(replaced("BANISH_ACTION", "unban", &report), "");
	assert_true(report.unban);
	assert_string_equal(report.cursor, "");
	/* another machine's clock may be a little ahead: then it was just now */
	assert_string_equal(replaced("BANISH_TIME_USEC", "1763769700000000", &report), "");
	assert_int_equal(report.time, NOW);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *name, *value, *why;
	} cases[] = {
		{ "_SYSTEMD_UNIT", NULL, "other" },
		{ "_SYSTEMD_UNIT", "dovecot.service", "other" },
		{ "_SYSTEMD_UNIT", "LONG", "other" },
		{ "BANISH_ACTION", NULL, "other" },
		{ "BANISH_ACTION", "heal", "other" },
		{ "BANISH_ACTION", "bans", "other" },
		{ "_MACHINE_ID", NULL, "malformed" },
		{ "_MACHINE_ID", "ffff", "malformed" },
		{ "_MACHINE_ID", "ffffffffffffffffffffffffffffffff", "own" },
		{ "BANISH_JAIL", NULL, "malformed" },
		{ "BANISH_JAIL", "Dovecot", "malformed" },
		{ "BANISH_JAIL", "fleet", "echo" },
		{ "BANISH_ADDRESS", NULL, "malformed" },
		{ "BANISH_ADDRESS", "203.0.113", "malformed" },
		{ "BANISH_ADDRESS", "203.0.113.7:5", "malformed" },
		{ "BANISH_ADDRESS", "NUL", "malformed" },
		{ "BANISH_ADDRESS", "LONG", "malformed" },
		{ "BANISH_ADDRESS", "203.0.113.8", "malformed" }, /* not in the prefix */
		{ "BANISH_PREFIX", NULL, "malformed" },
		{ "BANISH_PREFIX", "everybody", "malformed" },
		{ "BANISH_PREFIX", "LONG", "malformed" },
		{ "BANISH_TIME_USEC", NULL, "malformed" },
		{ "BANISH_TIME_USEC", "", "malformed" },
		{ "BANISH_TIME_USEC", "-1", "malformed" },
		{ "BANISH_TIME_USEC", "1e15", "malformed" },
		{ "BANISH_TIME_USEC", "99999999999999999", "malformed" },
		{ "BANISH_TIME_USEC", "LONG", "malformed" },
		{ "BANISH_TIME_USEC", "9999999999999999", "ahead" },
		{ "BANISH_TIME_USEC", "1763770200000001", "ahead" },
		{ "BANISH_TIME_USEC", "0", "old" },
		{ "BANISH_TIME_USEC", "1763164799999999", "old" },
		{ "BANISH_TRIGGER_CURSOR", NULL, "malformed" },
		{ "BANISH_TRIGGER_CURSOR", "", "malformed" },
		{ "BANISH_TRIGGER_CURSOR", "s=\n", "malformed" },
		{ "BANISH_TRIGGER_CURSOR", "LONG", "malformed" },
	};
	struct report report;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(replaced(cases[i].name, cases[i].value, &report), cases[i].why);
}

static void a_hub_may_tell_what_its_fleet_decided_and_anybody_lets_go(void **state)
{
	static const char *const ban[][2] = { { "BANISH_JAIL", "fleet" } };
	static const char *const unban[][2] = { { "BANISH_JAIL", "fleet" },
						{ "BANISH_ACTION", "unban" } };
	struct forged forged = { ban, 1, { 0 }, NULL };
	struct report report;

	assert_string_equal(read_forged(&forged, true, &report), "");
	assert_string_equal(read_forged(&forged, false, &report), "echo");
	forged = (struct forged){ unban, 2, { 0 }, NULL };
	assert_string_equal(read_forged(&forged, false, &report), "");
}

static void an_error_of_the_source_is_handed_on(void **state)
{
	static char cursor[FLEET_CURSOR_SIZE];
	const struct fleet_terms terms = { SPAN_LITERAL(""), false, NOW };
	struct report report;
	enum refusal why;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct forged forged = { .broken = good[i][0] };
		const struct entry entry = { .field = forged_field, .source = &forged };

		assert_int_equal(fleet_read_entry(&entry, &terms, cursor, &report, &why), -EBADMSG);
	}
}

static void a_member_is_its_files_name(void **state)
{
	static const struct {
		const char *file, *name;
	} cases[] = {
		{ "remote-mx2.journal", "mx2" },
		{ "mx2.journal", "mx2" },
		{ "mx2.journal~", "mx2" },
		{ "remote-mx2@0123-4-5.journal", "mx2" },
		{ "remote-mx2@0123-4.journal~", "mx2" },
		{ "remote-2001:db8::1.journal", "2001:db8::1" },
		{ "remote-.journal", "remote-" },
		{ "mx2.journal.gz", NULL },
		{ "mx2", NULL },
		{ ".journal", NULL },
		{ "~", NULL },
		{ "", NULL },
		{ "@1.journal", NULL },
		{ "remote-a b.journal", NULL },
		{ "remote-\x1b[m.journal", NULL },
	};
	char name[MEMBER_NAME_SIZE], long_name[300];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(fleet_member_of(cases[i].file, name), cases[i].name != NULL);
		if (!cases[i].name)
			continue;
		assert_string_equal(name, cases[i].name);
	}
	memset(long_name, 'a', sizeof(long_name));
	strcpy(long_name + MEMBER_NAME_SIZE, ".journal");
	assert_false(fleet_member_of(long_name, name));
	assert_true(fleet_member_of(long_name + 1, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_read),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(a_hub_may_tell_what_its_fleet_decided_and_anybody_lets_go),
		cmocka_unit_test(an_error_of_the_source_is_handed_on),
		cmocka_unit_test(a_member_is_its_files_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
