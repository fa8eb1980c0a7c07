#include "entry/cursor.h"

#include "unit.h"

static void knows_one(void **state)
{
	assert_true(cursor_is_valid(SPAN_LITERAL(
		"s=99dece90634848439e44f5042b7e97be;i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;"
		"m=38319cd4;t=661636ed8f8a5;x=7bc7112dd02d48fa")));
	/* what a later libsystemd may add */
	assert_true(cursor_is_valid(SPAN_LITERAL(
		"s=99dece90634848439e44f5042b7e97be;i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;"
		"m=38319cd4;t=661636ed8f8a5;x=1;z=5")));
}

static void knows_what_is_none(void **state)
{
	static const char *const cursors[] = {
		"",
		"x",
		"t=661636ed8f8a5",
		"s=Z9dece90634848439e44f5042b7e97be;i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=661636ed8f8a5;x=7",
		"s=9dece90634848439e44f5042b7e97be;i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=661636ed8f8a5;x=7",
		"s=99dece90634848439e44f5042b7e97be;i=7g;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=661636ed8f8a5;x=7",
		"s=99dece90634848439e44f5042b7e97be;i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;x=7",
		"s=99dece90634848439e44f5042b7e97be;i=;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=661636ed8f8a5;x=7",
		"s=99dece90634848439e44f5042b7e97be;i=70;;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=661636ed8f8a5",
		"s=99dece90634848439e44f5042b7e97be;i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=661636ed8f8a5;t=661636ed8f8a5",
		"s=99dece90634848439e44f5042b7e97be;i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=0000661636ed8f8a5",
		"s=99dece90634848439e44f5042b7e97be:i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=661636ed8f8a5",
		"S=99dece90634848439e44f5042b7e97be;i=70;b=6e5d0d5f75c2425689a7ad58dec46a8e;m=3;t=661636ed8f8a5",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cursors); i++)
		if (cursor_is_valid(span_of(cursors[i])))
			fail_msg("%s", cursors[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_one),
		cmocka_unit_test(knows_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
