#include "entry/logfmt.h"
#include "fuzz.h"

#include <errno.h>

/* Every byte as \xHH: the plainest quoting there is. */
static char *quote(const struct logfmt *logfmt, size_t *ret_size)
{
	size_t size = 0;
	char *line, *p;

	for (size_t i = 0; i < logfmt->n_pairs; i++)
		size += logfmt->pairs[i].key.size + 4 * logfmt->pairs[i].value.size + 4;
	line = malloc(size);
	FUZZ_CHECK(line);
	p = line;
	for (size_t i = 0; i < logfmt->n_pairs; i++) {
		const struct logfmt_pair *pair = &logfmt->pairs[i];

		p = mempcpy(p, pair->key.data, pair->key.size);
		p = mempcpy(p, "=\"", 2);
		for (size_t j = 0; j < pair->value.size; j++) {
			unsigned char c = (unsigned char)pair->value.data[j];

			*p++ = '\\';
			*p++ = 'x';
			*p++ = "0123456789abcdef"[c >> 4];
			*p++ = "0123456789abcdef"[c & 15];
		}
		*p++ = '"';
		*p++ = ' ';
	}
	*ret_size = size - 1;
	return line;
}

static bool borrows(struct span part, const void *data, size_t size)
{
	const char *start = data;

	return part.data >= start && part.data + part.size <= start + size;
}

static void check_pairs(const struct logfmt *logfmt, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < logfmt->n_pairs; i++) {
		struct span key = logfmt->pairs[i].key, value = logfmt->pairs[i].value, got;
		int r;

		FUZZ_CHECK(key.size > 0 && borrows(key, data, size));
		FUZZ_CHECK(borrows(value, data, size) ||
			   borrows(value, logfmt->scratch, logfmt->scratch_size));
		r = logfmt_get(logfmt, key, &got);
		FUZZ_CHECK(r == 2 || (r == 1 && span_equal(got, value)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct logfmt logfmt = { 0 }, again = { 0 };
	char *line;
	int r;

	r = logfmt_parse(&logfmt, (struct span){ (const char *)data, size });
	FUZZ_CHECK(r == 0 || r == -EINVAL);
	FUZZ_CHECK((r == 0) == (logfmt.n_pairs > 0));
	if (r == 0) {
		check_pairs(&logfmt, data, size);
		line = quote(&logfmt, &size);
		FUZZ_CHECK(logfmt_parse(&again, (struct span){ line, size }) == 0);
		FUZZ_CHECK(again.n_pairs == logfmt.n_pairs);
		for (size_t i = 0; i < again.n_pairs; i++) {
			FUZZ_CHECK(span_equal(again.pairs[i].key, logfmt.pairs[i].key));
			FUZZ_CHECK(span_equal(again.pairs[i].value, logfmt.pairs[i].value));
		}
		free(line);
	}
	logfmt_done(&again);
	logfmt_done(&logfmt);
	return 0;
}
