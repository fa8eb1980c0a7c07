#include "fuzz.h"
#include "report/digest.h"

/* Entries as lines NAME=value, a blank line behind each; TIME is its time in seconds. */
struct source {
	struct span entry;
	usec_t time;
};

static struct span cut_line(struct span *rest)
{
	const char *end = memchr(rest->data, '\n', rest->size);
	struct span line = { rest->data, end ? (size_t)(end - rest->data) : rest->size };

	rest->data += end ? line.size + 1 : line.size;
	rest->size -= end ? line.size + 1 : line.size;
	return line;
}

static int source_field(void *userdata, const char *name, struct span *ret)
{
	struct span rest = ((struct source *)userdata)->entry;
	size_t size = strlen(name);

	while (rest.size > 0) {
		struct span line = cut_line(&rest);

		if (line.size > size && memcmp(line.data, name, size) == 0 &&
		    line.data[size] == '=') {
			*ret = (struct span){ line.data + size + 1, line.size - size - 1 };
			return 1;
		}
	}
	return 0;
}

static int source_time(void *userdata, usec_t *ret)
{
	struct source *source = userdata;
	struct span text;

	if (source_field(source, "TIME", &text) > 0) {
		source->time = 0;
		for (size_t i = 0; i < MIN(text.size, (size_t)10); i++)
			source->time = source->time * 10 + (unsigned char)text.data[i] % 10;
		source->time *= USEC_PER_SEC;
	}
	*ret = source->time;
	return 0;
}

static void check(const struct digest *digest)
{
	size_t n_jails = digest->n_jails, n_remarks = digest->n_remarks;
	const struct digest_jail *jails = digest->jails;
	const struct digest_remark *remarks = digest->remarks;

	FUZZ_CHECK(n_jails <= DIGEST_MAX_JAILS && n_remarks <= DIGEST_MAX_REMARKS);
	for (size_t i = 0; i < n_jails; i++)
		FUZZ_CHECK(*jails[i].name && digest_find_jail(digest, jails[i].name) == &jails[i]);
	for (size_t i = 0; i < n_remarks; i++) {
		FUZZ_CHECK(remarks[i].jail < n_jails || remarks[i].jail == DIGEST_NO_JAIL);
		FUZZ_CHECK(remarks[i].message && remarks[i].count > 0);
		FUZZ_CHECK(remarks[i].count <= digest->n_entries);
	}
	for (const struct tally_item *item = NULL; (item = tally_next(&digest->offenders, item));) {
		struct prefix prefix;

		FUZZ_CHECK(item->group < n_jails && item->count > 0);
		FUZZ_CHECK(prefix_parse(span_of(item->name), &prefix) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[16];
	cleanup(digest_freep) struct digest *digest = NULL;
	const char *end = (const char *)data + size, *next;
	struct source source = { .entry = { (const char *)data, 0 } };
	const struct entry entry = { .field = source_field,
				     .time = source_time,
				     .source = &source };

	FUZZ_CHECK(digest_new(seed, "", &digest) == 0);
	for (; source.entry.data < end; source.entry.data = next) {
		const char *gap =
			memmem(source.entry.data, (size_t)(end - source.entry.data), "\n\n", 2);

		source.entry.size = (size_t)((gap ?: end) - source.entry.data);
		next = gap ? gap + 2 : end;
		FUZZ_CHECK(digest_feed(digest, &entry) == 0);
	}
	check(digest);
	return 0;
}
