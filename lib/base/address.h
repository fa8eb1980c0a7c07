#ifndef BANISH_BASE_ADDRESS_H
#define BANISH_BASE_ADDRESS_H

/* Addresses and prefixes as values. An IPv4-mapped IPv6 address is IPv4, always, from the parser
 * on. */

#include "base/util.h"

#include <netinet/in.h>

#define ADDRESS_TEXT_MAX (INET6_ADDRSTRLEN)     /* bytes, the final NUL included */
#define PREFIX_TEXT_MAX  (INET6_ADDRSTRLEN + 4) /* "/128" */

struct address {
	uint8_t family;    /* AF_INET or AF_INET6 */
	uint8_t bytes[16]; /* network order; the first 4 for AF_INET, the rest is 0 */
};

struct prefix {
	struct address address; /* host bits are 0 */
	uint8_t length;         /* bits */
};

/* Whole text, strict (no leading zeros as octal, no "1.2.3", no zone). 0 or -EINVAL. */
int address_parse(struct span text, struct address *ret) must_check;

/* The same, and also "1.2.3.4:5", "[2001:db8::1]:5", "[2001:db8::1]", "[1.2.3.4]", "fe80::1%eth0":
 * brackets, port and zone are dropped. */
int address_parse_endpoint(struct span text, struct address *ret) must_check;

/* What is left of such a text without brackets, port and zone; it need not be an address. */
struct span address_of_endpoint(struct span text);

/* "192.0.2.0/24", "2001:db8::/48", or a bare address (then its full length). -EINVAL: no such
 * thing; -ERANGE: host bits are set (`ret` is then filled with the masked prefix, for the hint). */
int prefix_parse(struct span text, struct prefix *ret) must_check;

const char *address_format(const struct address *address, char buffer[static ADDRESS_TEXT_MAX]);
const char *prefix_format(const struct prefix *prefix,
			  char buffer[static PREFIX_TEXT_MAX]); /* always with length */

unsigned address_bits(const struct address *address); /* 32 or 128 */
struct prefix address_widen(const struct address *address, unsigned length);

/* An IPv6 address that carries somebody's IPv4 address: NAT64, 6to4, Teredo. What is beside it in
 * the same network are other people. */
bool address_carries_ipv4(const struct address *address);
/* What one host is where others are a network of `length` bits: one that carries an IPv4 address
 * has a length of its own, whatever the others have. */
struct prefix address_host(const struct address *address, unsigned length);

bool prefix_contains(const struct prefix *prefix, const struct address *address);
bool prefix_covers(const struct prefix *outer, const struct prefix *inner); /* equal counts */
/* The first address behind it; false: there is none. */
bool prefix_behind(const struct prefix *prefix, struct address *ret);
bool address_equal(const struct address *a, const struct address *b);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
bool prefixes_equal(const struct prefix *a, size_t n_a, const struct prefix *b,
		    size_t n_b); /* in this order */

/* RFC 1918, CGNAT (RFC 6598), ULA, link-local: where a gateway stands in front, it is everybody. */
bool address_is_private(const struct address *address);

/* Loopback, unspecified, multicast (and IPv4 broadcast): never an offender, whatever a line says.
 */
bool address_never_offends(const struct address *address);
/* ... true of all addresses of the prefix. */
bool prefix_never_offends(const struct prefix *prefix);

#endif
