#include "base/fault.h"

#include "unit.h"

static void keeps_lines_in_order(void **state)
{
	struct faults faults = { 0 };

	assert_int_equal(faults_add(&faults, "%s:%d:%d: %s", "a.json", 1, 2, "what"), 0);
	assert_int_equal(faults_add(&faults, "second"), 0);
	assert_int_equal(faults.n_lines, 2);
	assert_string_equal(faults.lines[0], "a.json:1:2: what");
	assert_string_equal(faults.lines[1], "second");
	faults_done(&faults);
	assert_int_equal(faults.n_lines, 0);
}

static void is_bounded(void **state)
{
	struct faults faults = { 0 };

	for (int i = 0; i < 1000; i++)
		assert_int_equal(faults_add(&faults, "%d", i), 0);
	assert_int_equal(faults.n_lines, 100);
	faults_done(&faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_lines_in_order),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
