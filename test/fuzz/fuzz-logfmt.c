#include "entry/logfmt.h"
#include "fuzz.h"

#include <errno.h>

/* Every byte as \xHH: the plainest quoting there is. */
static char *quote(const struct pairs *logfmt, size_t *ret_size)
{
	size_t size = 0;
	char *line, *p;

	for (size_t i = 0; i < logfmt->n; i++)
		size += logfmt->list[i].key.size + 4 * logfmt->list[i].value.size + 4;
	line = malloc(size);
	FUZZ_CHECK(line);
	p = line;
	for (size_t i = 0; i < logfmt->n; i++) {
		const struct pair *pair = &logfmt->list[i];

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

static void check_pairs(const struct pairs *logfmt, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < logfmt->n; i++) {
		struct span key = logfmt->list[i].key, value = logfmt->list[i].value, got;
		int r;

		FUZZ_CHECK(key.size > 0 && borrows(key, data, size));
		FUZZ_CHECK(borrows(value, data, size) ||
			   borrows(value, logfmt->scratch, logfmt->scratch_size));
		r = pairs_get(logfmt, key, &got);
		FUZZ_CHECK(r == 2 || (r == 1 && span_equal(got, value)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pairs logfmt = { 0 }, again = { 0 };
	char *line;
	int r;

	r = logfmt_parse(&logfmt, (struct span){ (const char *)data, size });
	FUZZ_CHECK(r == 0 || r == -EINVAL);
	FUZZ_CHECK((r == 0) == (logfmt.n > 0));
	if (r == 0) {
		check_pairs(&logfmt, data, size);
		line = quote(&logfmt, &size);
		FUZZ_CHECK(logfmt_parse(&again, (struct span){ line, size }) == 0);
		FUZZ_CHECK(again.n == logfmt.n);
		for (size_t i = 0; i < again.n; i++) {
			FUZZ_CHECK(span_equal(again.list[i].key, logfmt.list[i].key));
			FUZZ_CHECK(span_equal(again.list[i].value, logfmt.list[i].value));
		}
		free(line);
	}
	pairs_done(&again);
	pairs_done(&logfmt);
	return 0;
}
