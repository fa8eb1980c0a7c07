#include "engine/fleet-entry.h"

#include "base/hash.h"
#include "config/condition.h"
#include "config/policy.h"
#include "entry/cursor.h"

#include <stdio.h>

#define FIELD_MAX   1024 /* bytes of a field that is looked at */
#define FILE_PREFIX "remote-"

/* The field, as a text of at most size - 1 bytes. 1; 0: it is missing, or is none. */
static int fleet_text(const struct entry *entry, const char *name, char *buffer, size_t size)
{
	struct span value;
	int r;

	r = entry_field(entry, name, &value);
	if (r <= 0 || value.size >= size || memchr(value.data, '\0', value.size))
		return MIN(r, 0);
	memcpy(buffer, value.data, value.size);
	buffer[value.size] = '\0';
	return 1;
}

static bool fleet_number(const char *text, usec_t *ret)
{
	size_t size = strlen(text);

	/* below 2^56, as times of failures are */
	if (size == 0 || size > 16 || strspn(text, "0123456789") != size)
		return false;
	*ret = strtoull(text, NULL, 10);
	return true;
}

/* 1: it is a ban or an unban of banish.service on another machine, which is taken from this member;
 * 0: it is not, `ret_why`. */
static int fleet_is_report(const struct entry *entry, const struct fleet_terms *terms,
			   bool *ret_unban, enum refusal *ret_why)
{
	char text[FIELD_MAX];
	bool is_fleet;
	int r;

	*ret_why = REFUSED_OTHER;
	r = fleet_text(entry, "_SYSTEMD_UNIT", text, sizeof(text));
	if (r <= 0 || strcmp(text, OWN_UNIT) != 0)
		return MIN(r, 0);
	r = fleet_text(entry, "BANISH_ACTION", text, sizeof(text));
	*ret_unban = r > 0 && strcmp(text, "unban") == 0;
	if (r <= 0 || (!*ret_unban && strcmp(text, "ban") != 0))
		return MIN(r, 0);
	*ret_why = REFUSED_MALFORMED;
	r = fleet_text(entry, "_MACHINE_ID", text, sizeof(text));
	if (r <= 0 || strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
		return MIN(r, 0);
	if (span_equal(span_of(text), terms->machine)) {
		*ret_why = REFUSED_OWN;
		return 0;
	}
	r = fleet_text(entry, "BANISH_JAIL", text, sizeof(text));
	if (r <= 0 || !name_is_valid(span_of(text), NAME_SIZE - 1))
		return MIN(r, 0);
	is_fleet = strcmp(text, FLEET_NAME) == 0;
	/* whoever lets go by hand does it for all */
	if (is_fleet && !*ret_unban && !terms->is_hub) {
		*ret_why = REFUSED_ECHO;
		return 0;
	}
	return 1;
}

/* 1: the time of what happened, no later than now; 0: `ret_why`. */
static int fleet_time(const struct entry *entry, usec_t now, usec_t *ret, enum refusal *ret_why)
{
	char text[FIELD_MAX];
	int r;

	r = fleet_text(entry, "BANISH_TIME_USEC", text, sizeof(text));
	if (r <= 0 || !fleet_number(text, ret))
		return MIN(r, 0);
	if (now == USEC_INFINITY)
		return 1;
	if (*ret > now && *ret - now > HEARD_AHEAD) {
		*ret_why = REFUSED_AHEAD;
		return 0;
	}
	*ret = MIN(*ret, now);
	if (now - *ret > HEARD_LIFE) {
		*ret_why = REFUSED_OLD;
		return 0;
	}
	return 1;
}

int fleet_read_entry(const struct entry *entry, const struct fleet_terms *terms,
		     char cursor[static FLEET_CURSOR_SIZE], struct report *ret,
		     enum refusal *ret_why)
{
	char text[FIELD_MAX];
	int r;

	*ret = (struct report){ .cursor = cursor };
	r = fleet_is_report(entry, terms, &ret->unban, ret_why);
	if (r <= 0)
		return r;
	*ret_why = REFUSED_MALFORMED;
	r = fleet_text(entry, "BANISH_ADDRESS", text, sizeof(text));
	if (r <= 0 || address_parse(span_of(text), &ret->address) < 0)
		return MIN(r, 0);
	r = fleet_text(entry, "BANISH_PREFIX", text, sizeof(text));
	if (r <= 0 || prefix_parse(span_of(text), &ret->prefix) < 0 ||
	    !prefix_contains(&ret->prefix, &ret->address))
		return MIN(r, 0);
	cursor[0] = '\0';
	if (!ret->unban) {
		r = fleet_text(entry, "BANISH_TRIGGER_CURSOR", cursor, FLEET_CURSOR_SIZE);
		if (r <= 0 || !cursor_is_valid(span_of(cursor)))
			return MIN(r, 0);
		ret->key = hash_identity(cursor, strlen(cursor));
	}
	return fleet_time(entry, terms->now, &ret->time, ret_why);
}

bool fleet_member_of(const char *file, char ret[static MEMBER_NAME_SIZE])
{
	size_t size = strlen(file), front = strlen(FILE_PREFIX), end;
	const char *at = strchr(file, '@'), *name = file;

	if (size > 0 && file[size - 1] == '~')
		size--;
	if (size < strlen(".journal") ||
	    strncmp(file + size - strlen(".journal"), ".journal", strlen(".journal")) != 0)
		return false;
	end = at ? (size_t)(at - file) : size - strlen(".journal");
	if (strncmp(file, FILE_PREFIX, front) == 0 && end > front)
		name += front;
	size = (size_t)(file + end - name);
	if (end < (size_t)(name - file) || !member_name_is_valid((struct span){ name, size }))
		return false;
	memcpy(ret, name, size);
	ret[size] = '\0';
	return true;
}
