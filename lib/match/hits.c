#include "match/hits.h"

#include "match/ruleset-internal.h"

#include <errno.h>

#define NO_TEXT UINT32_MAX

/* Before the texts of a hit, one after the other. What stands for the password stays here. */
struct packed_hit {
	uint32_t jail, event;
	uint32_t address_size, user_size, session_size; /* or NO_TEXT */
	uint32_t has_attempts;
	uint64_t attempts;
};

static uint32_t packed_size(struct span text)
{
	return text.data ? (uint32_t)text.size : NO_TEXT;
}

static void pack_text(struct buffer *buffer, struct span text)
{
	if (text.data && text.size > 0)
		buffer_put(buffer, text.data, text.size);
}

void hits_pack(const struct ruleset *ruleset, struct buffer *buffer)
{
	uint32_t n = (uint32_t)ruleset->n_hits;

	buffer_put(buffer, (const char *)&n, sizeof(n));
	for (size_t i = 0; i < n; i++) {
		const struct hit *hit = &ruleset->hits[i];
		const struct captures *captures = &hit->captures;
		const struct packed_hit packed = {
			.jail = hit->jail,
			.event = hit->event,
			.address_size = packed_size(captures->address),
			.user_size = packed_size(captures->user),
			.session_size = packed_size(captures->session),
			.has_attempts = captures->has_attempts,
			.attempts = captures->attempts,
		};

		buffer_put(buffer, (const char *)&packed, sizeof(packed));
		pack_text(buffer, captures->address);
		pack_text(buffer, captures->user);
		pack_text(buffer, captures->session);
	}
}

static bool unpack_bytes(struct span *bytes, void *ret, size_t size)
{
	if (bytes->size < size)
		return false;
	memcpy(ret, bytes->data, size);
	*bytes = (struct span){ bytes->data + size, bytes->size - size };
	return true;
}

static bool unpack_text(struct span *bytes, uint32_t size, struct span *ret)
{
	*ret = (struct span){ 0 };
	if (size == NO_TEXT)
		return true;
	if (bytes->size < size)
		return false;
	*ret = (struct span){ bytes->data, size };
	*bytes = (struct span){ bytes->data + size, bytes->size - size };
	return true;
}

int hits_unpack(struct ruleset *ruleset, struct span *bytes)
{
	struct packed_hit packed;
	uint32_t n;

	ruleset->n_hits = 0;
	if (!unpack_bytes(bytes, &n, sizeof(n)) || n > ruleset->n_jails)
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++) {
		struct hit *hit = &ruleset->hits[i];
		struct captures *captures = &hit->captures;

		if (!unpack_bytes(bytes, &packed, sizeof(packed)) ||
		    packed.jail >= ruleset->n_jails ||
		    packed.event >= ruleset->jails[packed.jail].rule->n_events)
			return -EBADMSG;
		*hit = (struct hit){ .jail = packed.jail, .event = packed.event };
		captures->has_attempts = packed.has_attempts;
		captures->attempts = packed.attempts;
		if (!unpack_text(bytes, packed.address_size, &captures->address) ||
		    !unpack_text(bytes, packed.user_size, &captures->user) ||
		    !unpack_text(bytes, packed.session_size, &captures->session))
			return -EBADMSG;
	}
	ruleset->n_hits = n;
	return 0;
}
