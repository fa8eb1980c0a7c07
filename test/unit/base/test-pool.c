#include "base/pool.h"

#include "unit.h"

static void records_do_not_move_and_are_reused(void **state)
{
	enum { N = 5000 };
	static uint64_t *records[N];
	static uint32_t indices[N];
	struct pool pool;
	uint32_t index;

	pool_init(&pool, sizeof(uint64_t));
	for (size_t i = 0; i < N; i++) {
		records[i] = pool_take(&pool, &indices[i]);
		assert_int_equal(*records[i], 0);
		*records[i] = i;
	}
	for (size_t i = 0; i < N; i++) {
		assert_ptr_equal(pool_at(&pool, indices[i]), records[i]);
		assert_int_equal(*records[i], i);
	}
	pool_give(&pool, indices[7]);
	pool_give(&pool, indices[4000]);
	assert_ptr_equal(pool_take(&pool, &index), records[4000]);
	assert_int_equal(*records[4000], 0);
	assert_ptr_equal(pool_take(&pool, &index), records[7]);
	assert_int_equal(index, indices[7]);
	assert_non_null(pool_take(&pool, &index));
	assert_int_equal(index, N);
	pool_done(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_do_not_move_and_are_reused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
