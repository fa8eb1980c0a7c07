#include "io/sigbus.h"

#include "unit.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void a_page_that_was_cut_off_reads_as_zeros(void **state)
{
	char path[] = "/tmp/test-sigbus.XXXXXX";
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *bytes;
	int fd;

	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ftruncate(fd, (off_t)(2 * page)), 0);
	assert_int_equal(pwrite(fd, "x", 1, 0), 1);
	assert_int_equal(pwrite(fd, "y", 1, (off_t)page), 1);
	bytes = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(bytes, MAP_FAILED);
	assert_int_equal(bytes[page], 'y');

	assert_int_equal(sigbus_pass_over(), 0);
	assert_int_equal(ftruncate(fd, (off_t)page), 0);
	assert_int_equal(bytes[page], 0);
	assert_int_equal(bytes[0], 'x');
	assert_int_equal(munmap(bytes, 2 * page), 0);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_that_was_cut_off_reads_as_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
