#include "import/interpolate.h"

#include "files.h"

static const char *const pairs[][2] = {
	{ "x.conf", "[DEFAULT]\nbase = b\nmode = normal\nknown-too = default\n"
		    "[other]\nword = o%(base)s\nbase = B\nlist = <base>-<own>\nown = mine\n"
		    "[Definition]\n"
		    "plain = 50%% %(base)s %(other/word)s %(Base)s %(__name__)s\n"
		    "missing = %(nowhere)s\n"
		    "a = %(b)s\nb = %(a)s\n"
		    "wide = %(w2)s%(w2)s%(w2)s%(w2)s%(w2)s%(w2)s%(w2)s%(w2)s%(w2)s%(w2)s\n"
		    "w2 = %(w3)s%(w3)s%(w3)s%(w3)s%(w3)s%(w3)s%(w3)s%(w3)s%(w3)s%(w3)s\n"
		    "w3 = %(w4)s%(w4)s%(w4)s%(w4)s%(w4)s%(w4)s%(w4)s%(w4)s%(w4)s%(w4)s\n"
		    "w4 = %(w5)s%(w5)s%(w5)s%(w5)s%(w5)s%(w5)s%(w5)s%(w5)s%(w5)s%(w5)s\n"
		    "w5 =\n"
		    "odd = 5% of %(base\n"
		    "re-normal = N<HOST>\nre-hard = H\n"
		    "tagged = <re-<mode>> <other/word> <Nothing> <other/list>\n"
		    "self = x<self>\n"
		    "known-too = old\n" },
	{ "x.local", "[Definition]\nknown-too = new %(known/known-too)s %(default/known-too)s\n" },
	{ NULL, NULL },
};

static void values_are_put_in(void **state)
{
	static const struct {
		const char *name, *value, *error;
	} cases[] = {
		{ "plain", "50% b ob b Definition", NULL },
		{ "known-too", "new old default", NULL },
		{ "odd", "5% of %(base", NULL },
		{ "none", NULL, NULL },
		{ "missing", NULL, "%(nowhere)s is not defined" },
		{ "a", NULL, "%(b)s is nested too deep" },
		{ "wide", NULL, "too much is put into one another (%(name)s or <name>)" },
	};
	struct import_file room[MAX_TEST_FILES];
	struct import_files files = files_of(pairs, room);
	struct arena arena = { 0 };
	struct ini ini = { .arena = &arena };

	assert_true(ini_read(&ini, &files, "x"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scope scope = { .ini = &ini, .section = "Definition" };
		const char *value = scope_get(&scope, cases[i].name);

		if (cases[i].value)
			assert_string_equal(value, cases[i].value);
		else
			assert_null(value);
		if (cases[i].error)
			assert_string_equal(scope.error, cases[i].error);
		else
			assert_null(scope.error);
	}
	arena_done(&arena);
}

static void tags_are_put_in_from_inside_out(void **state)
{
	struct import_file room[MAX_TEST_FILES];
	struct import_files files = files_of(pairs, room);
	struct arena arena = { 0 };
	struct ini ini = { .arena = &arena };
	struct scope scope = { .ini = &ini, .section = "Definition" };
	struct ini_option *given = NULL;

	assert_true(ini_read(&ini, &files, "x"));
	assert_string_equal(scope_put_tags(&scope, scope_get(&scope, "tagged")),
			    "N<HOST> oB <Nothing> b-<own>");
	ini_prepend(&arena, &given, "mode", "hard");
	scope.tags = given;
	assert_string_equal(scope_put_tags(&scope, "<re-<mode>>"), "H");
	assert_string_equal(scope_put_tags(&scope, scope_get(&scope, "self")), "");
	assert_non_null(scope.error);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_put_in),
		cmocka_unit_test(tags_are_put_in_from_inside_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
