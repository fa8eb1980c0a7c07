#include "config.h"
#include "config/ignorelist.h"

static void check_prefix(const struct prefix *prefix, bool single)
{
	struct prefix masked = address_widen(&prefix->address, prefix->length);

	FUZZ_CHECK(prefix_equal(prefix, &masked));
	FUZZ_CHECK(!single || prefix->length == address_bits(&prefix->address));
}

/* A name is a name again when it is read again, and can be a file's. */
static void check_name(const char *name)
{
	char error[IGNORE_ERROR_SIZE];
	struct ignore_entry entry;

	FUZZ_CHECK(ignore_parse_entry(span_of(name), &entry, error) == 0);
	FUZZ_CHECK(entry.kind == IGNORE_NAME);
	FUZZ_CHECK(strlen(name) <= 253 && name[0] != '.' && strchr(name, '.'));
	FUZZ_CHECK(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(name));
}

static void check_list(const struct ignorelist *list, enum ignore_source source)
{
	bool answer = source == IGNORE_ANSWER;

	FUZZ_CHECK(list->n_prefixes <= (answer ? IGNORE_MAX_ANSWER : IGNORE_MAX_LIST));
	FUZZ_CHECK(list->n_names <= (answer ? 0 : IGNORE_MAX_NAMES));
	for (size_t i = 0; i < list->n_prefixes; i++)
		check_prefix(&list->prefixes[i], answer);
	for (size_t i = 0; i < list->n_names; i++) {
		check_name(list->names[i]);
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(strcmp(list->names[i], list->names[j]) != 0);
	}
}

static void check_source(struct span text, enum ignore_source source)
{
	cleanup(ignorelist_freep) struct ignorelist *list = NULL, *twin = NULL;
	struct faults faults = { 0 }, again = { 0 };
	int r, r_again;

	r = ignorelist_parse("f", text, source, &faults, &list);
	r_again = ignorelist_parse("f", text, source, &again, &twin);
	check_faults(r, &faults, r_again, &again, text);
	FUZZ_CHECK((r == 0) == (list != NULL));
	if (!list)
		return;
	check_list(list, source);
	FUZZ_CHECK(ignorelist_equal(list, twin));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };

	check_source(text, IGNORE_LIST);
	check_source(text, IGNORE_ANSWER);
	return 0;
}
