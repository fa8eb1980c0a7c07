#define PCRE2_CODE_UNIT_WIDTH 8

#include "config/pattern.h"
#include "fuzz.h"

#include <errno.h>

#include <pcre2.h>

/* PCRE2 knows by itself whether each way through a pattern begins with an anchor. */
static void check_anchor(const char *pattern)
{
	size_t offset;
	uint32_t options;
	pcre2_code *code;
	int error;

	if (pattern_anchor_fault(pattern))
		return;
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_NEVER_UTF, &error,
			     &offset, NULL);
	if (!code)
		return;
	FUZZ_CHECK(pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options) == 0);
	FUZZ_CHECK(options & PCRE2_ANCHORED);
	pcre2_code_free(code);
}

/* The first line is what %{a} stands for, the rest the pattern. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(freep) char *text = malloc(size + 1), *expanded = NULL;
	struct define define = { .name = (char[]){ "a" }, .text = text };
	const struct defines defines = { &define, 1 };
	struct span name;
	char *pattern;
	int r;

	FUZZ_CHECK(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	pattern = text;
	(void)strsep(&pattern, "\n");
	if (!pattern)
		return 0;

	r = defines_expand(&defines, pattern, &expanded, &name);
	FUZZ_CHECK(r == 0 || (r == -ENOENT && name.data > pattern) || r == -E2BIG);
	if (r == 0)
		check_anchor(expanded);
	return 0;
}
