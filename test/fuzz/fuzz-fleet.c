#include "engine/fleet-entry.h"
#include "entry/cursor.h"
#include "fuzz.h"

/* An entry as lines NAME=value, the first line is the name of a file. */
static int fleet_fuzz_field(void *source, const char *name, struct span *ret)
{
	struct span rest = *(struct span *)source;
	size_t size = strlen(name);

	while (rest.size > 0) {
		const char *end = memchr(rest.data, '\n', rest.size);
		size_t n = end ? (size_t)(end - rest.data) : rest.size;

		if (n > size && memcmp(rest.data, name, size) == 0 && rest.data[size] == '=') {
			*ret = (struct span){ rest.data + size + 1, n - size - 1 };
			return 1;
		}
		rest.data += n + (end != NULL);
		rest.size -= n + (end != NULL);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const usec_t now = 1763769600 * USEC_PER_SEC;
	const struct fleet_terms terms = { SPAN_LITERAL("ffffffffffffffffffffffffffffffff"),
					   size % 2, now };
	struct span source = { (const char *)data, size };
	const struct entry entry = { .field = fleet_fuzz_field, .source = &source };
	char cursor[FLEET_CURSOR_SIZE], member[MEMBER_NAME_SIZE], file[256];
	enum refusal why = N_REFUSALS;
	struct report report;
	size_t n = 0;

	if (fleet_read_entry(&entry, &terms, cursor, &report, &why) > 0) {
		FUZZ_CHECK(report.time <= now && now - report.time <= HEARD_LIFE);
		FUZZ_CHECK(prefix_contains(&report.prefix, &report.address));
		FUZZ_CHECK(report.unban ? !*report.cursor
					: cursor_is_valid(span_of(report.cursor)));
	} else {
		FUZZ_CHECK(why < N_REFUSALS);
	}
	while (n < size && n < sizeof(file) - 1 && data[n] != '\n' && data[n] != '\0')
		n++;
	memcpy(file, data, n);
	file[n] = '\0';
	if (fleet_member_of(file, member))
		FUZZ_CHECK(member_name_is_valid(span_of(member)) && strstr(file, member));
	return 0;
}
