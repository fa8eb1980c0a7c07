#include "base/address.h"
#include "fuzz.h"

#include <errno.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static void check_value(const struct address *address)
{
	static const uint8_t zeros[12] = { 0 };

	FUZZ_CHECK(address->family == AF_INET || address->family == AF_INET6);
	if (address->family == AF_INET)
		FUZZ_CHECK(memcmp(address->bytes + 4, zeros, sizeof(zeros)) == 0);
	else
		FUZZ_CHECK(memcmp(address->bytes, mapped, sizeof(mapped)) != 0);
}

static void check_address(struct span text, const struct address *address)
{
	char buffer[ADDRESS_TEXT_MAX];
	struct address again;
	struct prefix prefix;

	check_value(address);
	FUZZ_CHECK(address_parse(span_of(address_format(address, buffer)), &again) == 0);
	FUZZ_CHECK(address_equal(address, &again));
	FUZZ_CHECK(address_parse_endpoint(text, &again) == 0 && address_equal(address, &again));
	FUZZ_CHECK(prefix_parse(text, &prefix) == 0 && address_equal(address, &prefix.address));
	FUZZ_CHECK(prefix.length == address_bits(address));
}

static void check_prefix(const struct prefix *prefix)
{
	char buffer[PREFIX_TEXT_MAX];
	struct prefix again;

	check_value(&prefix->address);
	FUZZ_CHECK(prefix->length <= address_bits(&prefix->address));
	FUZZ_CHECK(prefix_parse(span_of(prefix_format(prefix, buffer)), &again) == 0);
	FUZZ_CHECK(prefix_equal(prefix, &again));
	FUZZ_CHECK(prefix_covers(prefix, &again) && prefix_contains(prefix, &prefix->address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct address address;
	struct prefix prefix;
	int r;

	if (address_parse(text, &address) == 0)
		check_address(text, &address);
	if (address_parse_endpoint(text, &address) == 0) {
		check_value(&address);
		for (unsigned length = 0; length <= address_bits(&address); length++) {
			prefix = address_widen(&address, length);
			check_prefix(&prefix);
			FUZZ_CHECK(prefix_contains(&prefix, &address));
		}
	}
	r = prefix_parse(text, &prefix);
	FUZZ_CHECK(r == 0 || r == -EINVAL || r == -ERANGE);
	if (r != -EINVAL)
		check_prefix(&prefix);
	return 0;
}
