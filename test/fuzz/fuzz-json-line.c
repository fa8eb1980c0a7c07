#include "entry/json-line.h"
#include "fuzz.h"
#include "json/text.h"

#include <errno.h>

static bool borrows(struct span part, const void *data, size_t size)
{
	const char *start = data;

	return part.data >= start && part.data + part.size <= start + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pairs pairs = { 0 };
	struct jsontext_error error;
	char *text = malloc(size + 1);
	int r, strict;

	FUZZ_CHECK(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	strict = size > 0 ? jsontext_check(text, size, &error) : -EINVAL;
	r = json_line_parse(&pairs, (struct span){ (const char *)data, size });
	FUZZ_CHECK(r == 0 || r == -EINVAL);
	FUZZ_CHECK(r == 0 || pairs.n == 0);
	for (size_t i = 0; i < pairs.n; i++) {
		const struct pair *pair = &pairs.list[i];

		FUZZ_CHECK(borrows(pair->quoted, data, size));
		FUZZ_CHECK(borrows(pair->value, data, size) ||
			   borrows(pair->value, pairs.scratch, pairs.scratch_size));
		FUZZ_CHECK(borrows(pair->key, data, size) ||
			   borrows(pair->key, pairs.scratch, pairs.scratch_size));
		FUZZ_CHECK(pair->parent <= i);
	}
	/* The strict reader of files takes an object: so does this, unless it is too deep or has
	 * too many keys. Comments are taken there only. */
	if (strict == 0 && size > 0 && data[0] == '{' && size < 100 && !memchr(data, '/', size))
		for (size_t i = 0, depth = 0; r < 0 && i < size; i++) {
			depth += data[i] == '{' || data[i] == '[';
			FUZZ_CHECK(depth > JSON_LINE_MAX_DEPTH || i + 1 < size);
		}
	free(text);
	pairs_done(&pairs);
	return 0;
}
