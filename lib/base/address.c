/*
 * Addresses as bytes in network order, one family byte before them, unused bytes 0: two equal
 * addresses are equal in memory. Folding ::ffff:0:0/96 to IPv4 happens at the one place where text
 * becomes bytes.
 */

#include "base/address.h"

#include "base/types.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#define MAPPED_BITS 96 /* length of ::ffff:0:0/96 */
#define ZONE_MAX    15 /* bytes: IFNAMSIZ without its NUL */

static const uint8_t mapped_prefix[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

/* The bytes as they stand in the text: not yet folded. */
static int parse_raw(struct span text, struct address *ret)
{
	struct address address = { 0 };
	char copy[ADDRESS_TEXT_MAX];

	if (text.size == 0 || text.size >= sizeof(copy) || memchr(text.data, '\0', text.size))
		return -EINVAL;
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';

	address.family = memchr(copy, ':', text.size) ? AF_INET6 : AF_INET;
	if (inet_pton(address.family, copy, address.bytes) != 1)
		return -EINVAL;
	*ret = address;
	return 0;
}

static bool is_mapped(const struct address *address)
{
	return address->family == AF_INET6 &&
	       memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static void address_fold(struct address *address)
{
	if (!is_mapped(address))
		return;
	address->family = AF_INET;
	memcpy(address->bytes, address->bytes + sizeof(mapped_prefix), 4);
	memset(address->bytes + 4, 0, sizeof(address->bytes) - 4);
}

int address_parse(struct span text, struct address *ret)
{
	struct address address;
	int r;

	r = parse_raw(text, &address);
	if (r < 0)
		return r;
	address_fold(&address);
	*ret = address;
	return 0;
}

/* "2001:db8::1" or "fe80::1%eth0": behind the '%' of RFC 4007 stands an interface's name or index.
 */
static int parse_with_zone(struct span text, struct address *ret)
{
	const char *percent = text.size > 0 ? memchr(text.data, '%', text.size) : NULL;
	size_t size = percent ? (size_t)(percent - text.data) : text.size;
	size_t zone_size = percent ? text.size - size - 1 : 0;

	if (percent && (zone_size == 0 || zone_size > ZONE_MAX || !memchr(text.data, ':', size)))
		return -EINVAL;
	for (size_t i = 1; i <= zone_size; i++) {
		unsigned char c = (unsigned char)percent[i];

		if (c <= ' ' || c >= 0x7f || strchr("%/[]:\"\\", c))
			return -EINVAL;
	}
	return address_parse((struct span){ text.data, size }, ret);
}

/* ":5" behind an address, or nothing. */
static bool is_port(struct span text)
{
	uint16_t port;

	return text.size == 0 ||
	       (text.data[0] == ':' && number_parse((struct span){ text.data + 1, text.size - 1 },
						    UINT16_MAX, &port) >= 0);
}

int address_parse_endpoint(struct span text, struct address *ret)
{
	const char *end;
	size_t size;

	if (text.size > 0 && text.data[0] == '[') {
		end = memchr(text.data, ']', text.size);
		size = end ? (size_t)(end - text.data) - 1 : 0; /* between the brackets */
		if (!end || !is_port((struct span){ end + 1, text.size - size - 2 }))
			return -EINVAL;
		return parse_with_zone((struct span){ text.data + 1, size }, ret);
	}
	/* A colon behind a dotted address ends it; one before any dot makes the text IPv6. */
	end = text.size > 0 ? memchr(text.data, ':', text.size) : NULL;
	size = end ? (size_t)(end - text.data) : 0;
	if (!end || !memchr(text.data, '.', size))
		return parse_with_zone(text, ret);
	if (!is_port((struct span){ end, text.size - size }))
		return -EINVAL;
	return address_parse((struct span){ text.data, size }, ret);
}

struct span address_of_endpoint(struct span text)
{
	const char *end = text.size > 0 ? memchr(text.data, ':', text.size) : NULL;

	if (text.size > 0 && text.data[0] == '[') {
		end = memchr(text.data, ']', text.size);
		if (end)
			text = (struct span){ text.data + 1, (size_t)(end - text.data) - 1 };
	} else if (end && memchr(text.data, '.', (size_t)(end - text.data))) {
		text.size = (size_t)(end - text.data);
	}
	end = text.size > 0 ? memchr(text.data, '%', text.size) : NULL;
	if (end)
		text.size = (size_t)(end - text.data);
	return text;
}

int prefix_parse(struct span text, struct prefix *ret)
{
	const char *slash = text.size > 0 ? memchr(text.data, '/', text.size) : NULL;
	size_t size = slash ? (size_t)(slash - text.data) : text.size;
	struct address address;
	uint16_t length;
	int r;

	r = parse_raw((struct span){ text.data, size }, &address);
	if (r < 0)
		return r;
	length = (uint16_t)address_bits(&address);
	if (slash) {
		r = number_parse((struct span){ slash + 1, text.size - size - 1 }, length, &length);
		if (r < 0)
			return r;
	}
	/* A shorter prefix reaches out of ::ffff:0:0/96: it is one of IPv6 addresses, and its
	 * address a typing error that the host bits show. */
	if (is_mapped(&address) && length >= MAPPED_BITS) {
		address_fold(&address);
		length -= MAPPED_BITS;
	}
	*ret = address_widen(&address, length);
	return address_equal(&ret->address, &address) ? 0 : -ERANGE;
}

const char *address_format(const struct address *address, char buffer[static ADDRESS_TEXT_MAX])
{
	const char *text = inet_ntop(address->family, address->bytes, buffer, ADDRESS_TEXT_MAX);

	assert(text);
	return text;
}

const char *prefix_format(const struct prefix *prefix, char buffer[static PREFIX_TEXT_MAX])
{
	size_t size = strlen(address_format(&prefix->address, buffer));

	(void)snprintf(buffer + size, PREFIX_TEXT_MAX - size, "/%u", prefix->length);
	return buffer;
}

unsigned address_bits(const struct address *address)
{
	return address->family == AF_INET ? 32 : 128;
}

struct prefix address_widen(const struct address *address, unsigned length)
{
	struct prefix prefix = { .address = *address };
	unsigned full;

	prefix.length = (uint8_t)MIN(length, address_bits(address));
	full = prefix.length / 8;
	if (full < sizeof(prefix.address.bytes)) {
		prefix.address.bytes[full] &= (uint8_t)(0xff00 >> (prefix.length % 8));
		memset(prefix.address.bytes + full + 1, 0, sizeof(prefix.address.bytes) - full - 1);
	}
	return prefix;
}

/* Networks whose addresses carry IPv4 addresses, and how much of such an address is one host. */
static const struct {
	uint8_t bytes[12];
	uint8_t length, host; /* bits */
} carriers[] = {
	/* NAT64 (RFC 6052, RFC 8215): each IPv4 host is one address. */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 128 },
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, 128 },
	/* Teredo (RFC 4380): behind the server's IPv4 address, which all of its clients have in
	 * common, stands the client's own, its bits turned over. */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, 128 },
	/* 6to4 (RFC 3056): behind 2002 stands the IPv4 address, and all behind that is its own. */
	{ { 0x20, 0x02 }, 16, 48 },
};

/* 0: it carries none. */
static unsigned carrier_host(const struct address *address)
{
	for (size_t i = 0; address->family == AF_INET6 && i < ARRAY_SIZE(carriers); i++)
		if (memcmp(address->bytes, carriers[i].bytes, carriers[i].length / 8) == 0)
			return carriers[i].host;
	return 0;
}

bool address_carries_ipv4(const struct address *address)
{
	return carrier_host(address) > 0;
}

struct prefix address_host(const struct address *address, unsigned length)
{
	return address_widen(address, carrier_host(address) ?: length);
}

bool prefix_contains(const struct prefix *prefix, const struct address *address)
{
	const uint8_t *a = prefix->address.bytes, *b = address->bytes;
	unsigned full = prefix->length / 8, rest = prefix->length % 8; /* bytes, bits behind them */

	return prefix->address.family == address->family && memcmp(a, b, full) == 0 &&
	       (rest == 0 || (a[full] ^ b[full]) >> (8 - rest) == 0);
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->length <= inner->length && prefix_contains(outer, &inner->address);
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool prefix_behind(const struct prefix *prefix, struct address *ret)
{
	unsigned bit = prefix->length;

	*ret = prefix->address;
	while (bit-- > 0) {
		ret->bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		if (ret->bytes[bit / 8] & 0x80 >> bit % 8)
			return true;
	}
	return false;
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length && address_equal(&a->address, &b->address);
}

bool prefixes_equal(const struct prefix *a, size_t n_a, const struct prefix *b, size_t n_b)
{
	size_t i = 0;

	while (i < n_a && i < n_b && prefix_equal(&a[i], &b[i]))
		i++;
	return i == n_a && i == n_b;
}

static const struct prefix never[] = {
	{ { AF_INET, { 127 } }, 8 },         { { AF_INET, { 224 } }, 4 },
	{ { AF_INET, { 0 } }, 32 },          { { AF_INET, { 255, 255, 255, 255 } }, 32 },
	{ { AF_INET6, { 0xff } }, 8 },       { { AF_INET6, { 0 } }, 128 },
	{ { AF_INET6, { [15] = 1 } }, 128 },
};

static const struct prefix private[] = {
	{ { AF_INET, { 10 } }, 8 },           { { AF_INET, { 172, 16 } }, 12 },
	{ { AF_INET, { 192, 168 } }, 16 },    { { AF_INET, { 169, 254 } }, 16 },
	{ { AF_INET, { 100, 64 } }, 10 },     { { AF_INET6, { 0xfc } }, 7 },
	{ { AF_INET6, { 0xfe, 0x80 } }, 10 },
};

static bool is_in(const struct prefix *prefixes, size_t n, const struct prefix *prefix)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_covers(&prefixes[i], prefix))
			return true;
	return false;
}

bool prefix_never_offends(const struct prefix *prefix)
{
	return is_in(never, ARRAY_SIZE(never), prefix);
}

bool address_never_offends(const struct address *address)
{
	struct prefix prefix = { *address, (uint8_t)address_bits(address) };

	return is_in(never, ARRAY_SIZE(never), &prefix);
}

bool address_is_private(const struct address *address)
{
	struct prefix prefix = { *address, (uint8_t)address_bits(address) };

	return is_in(private, ARRAY_SIZE(private), &prefix);
}
