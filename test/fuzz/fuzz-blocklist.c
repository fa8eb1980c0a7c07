#include "config/blocklist.h"

#include <errno.h>

#include "fuzz.h"

static int feed_whole(const uint8_t *data, size_t size, size_t step, struct blocklist *list)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < size; at += step)
		r = blocklist_feed(list,
				   (struct span){ (const char *)data + at, MIN(step, size - at) });
	return r < 0 ? r : blocklist_finish(list);
}

/* What is read in one piece and byte by byte is the same: sorted, apart, and nobody's home. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(blocklist_done) struct blocklist list = { 0 }, twin = { 0 };
	int r = feed_whole(data, size, size + 1, &list);

	FUZZ_CHECK(r == 0 || r == -EINVAL || r == -ERANGE);
	FUZZ_CHECK(feed_whole(data, size, 1, &twin) == r && twin.line == list.line);
	FUZZ_CHECK(twin.n_left_out == list.n_left_out);
	FUZZ_CHECK(list.line <= size + 1);
	if (r < 0)
		return 0;
	FUZZ_CHECK(prefixes_equal(list.networks.prefixes, list.networks.n_prefixes,
				  twin.networks.prefixes, twin.networks.n_prefixes));
	for (size_t i = 0; i < list.networks.n_prefixes; i++) {
		const struct prefix *prefix = &list.networks.prefixes[i];
		struct prefix masked = address_widen(&prefix->address, prefix->length);

		FUZZ_CHECK(prefix_equal(prefix, &masked));
		FUZZ_CHECK(!prefix_never_offends(prefix) && !address_is_private(&prefix->address));
		FUZZ_CHECK(i == 0 || !prefix_covers(prefix - 1, prefix));
	}
	return 0;
}
