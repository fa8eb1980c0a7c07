#include "config/blocklist.h"

#include <errno.h>

#define SHORTEST4 8  /* bits of the largest network that is taken */
#define SHORTEST6 16 /* bits */

/* Of all Internet addresses: 0.0.0.0/8 and what lies behind 224.0.0.0 are nobody's, and of IPv6
 * only 2000::/3 is in use. */
static bool blocklist_is_public(const struct prefix *prefix)
{
	const struct address *address = &prefix->address;

	if (address->family == AF_INET)
		return address->bytes[0] != 0 && address->bytes[0] < 224 &&
		       !prefix_never_offends(prefix) && !address_is_private(address);
	return (address->bytes[0] & 0xe0) == 0x20;
}

/* An interval that wide is a slip or an attack on whoever reads the list: most of the Internet. */
static bool blocklist_is_too_wide(const struct prefix *prefix)
{
	static const struct prefix in_use = { { AF_INET6, { 0x20 } }, 3 };

	if (prefix->address.family == AF_INET)
		return prefix->length < SHORTEST4 && prefix->address.bytes[0] < 224;
	return prefix->length < SHORTEST6 &&
	       (prefix_covers(prefix, &in_use) || prefix_covers(&in_use, prefix));
}

static int blocklist_take_word(struct blocklist *list)
{
	const struct span cidr = SPAN_LITERAL("{\"cidr\":\"");
	struct span word = { list->word, list->n_word };
	struct prefix prefix;
	int r;

	if (span_equal(word, SPAN_LITERAL("{\"type\":\"metadata\"")))
		return 0;
	if (word.size > cidr.size && memcmp(word.data, cidr.data, cidr.size) == 0 &&
	    word.data[word.size - 1] == '"')
		word = (struct span){ word.data + cidr.size, word.size - cidr.size - 1 };
	r = prefix_parse(word, &prefix);
	if (r < 0 && r != -ERANGE)
		return -EINVAL;
	if (blocklist_is_too_wide(&prefix))
		return -ERANGE;
	if (!blocklist_is_public(&prefix)) {
		list->n_left_out++;
		return 0;
	}
	return list->networks.n_prefixes == BLOCKLIST_MAX ? -E2BIG
							  : prefixset_add(&list->networks, &prefix);
}

static int blocklist_feed_byte(struct blocklist *list, char byte)
{
	bool ends = byte == '\n', blank = byte == ' ' || byte == '\t' || byte == '\r';
	bool inside = list->place == BLOCKLIST_INSIDE;
	bool behind = byte == ';' || byte == '#' || (inside && byte == ',');

	if (list->place == BLOCKLIST_BEHIND && !ends)
		return 0;
	if (ends || behind || (inside && blank)) {
		list->place = ends ? BLOCKLIST_BEFORE : BLOCKLIST_BEHIND;
		return inside ? blocklist_take_word(list) : 0;
	}
	if (blank)
		return 0;
	if (!inside)
		list->n_word = 0;
	list->place = BLOCKLIST_INSIDE;
	if (list->n_word == sizeof(list->word))
		return -EINVAL;
	list->word[list->n_word++] = byte;
	return 0;
}

int blocklist_feed(struct blocklist *list, struct span bytes)
{
	int r = 0;

	list->line = MAX(list->line, 1u);
	for (size_t i = 0; r == 0 && i < bytes.size; i++) {
		r = blocklist_feed_byte(list, bytes.data[i]);
		list->line += r == 0 && bytes.data[i] == '\n';
	}
	return r;
}

int blocklist_finish(struct blocklist *list)
{
	int r = blocklist_feed_byte(list, '\n');

	if (r == 0)
		prefixset_sort(&list->networks);
	return r;
}

void blocklist_done(struct blocklist *list)
{
	prefixset_done(&list->networks);
	*list = (struct blocklist){ 0 };
}
