#include "entry/strip.h"
#include "fuzz.h"

static const struct strip strips[] = {
	{ { STRIP_SYSLOG }, 1 },
	{ { STRIP_DOVECOT }, 1 },
	{ { STRIP_SYSLOG, STRIP_DOVECOT }, 2 },
	{ { STRIP_DOVECOT, STRIP_SYSLOG }, 2 },
};

/* What is left is a piece of the text that ends where its line ends, and what follows an envelope
 * changes nothing in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };

	for (size_t i = 0; i < ARRAY_SIZE(strips); i++) {
		struct span program, again, rest = strip_text(&strips[i], text, &program);
		const char *end = rest.data + rest.size;

		FUZZ_CHECK(rest.data >= text.data && end <= text.data + size);
		for (const char *p = end; p < text.data + size; p++)
			FUZZ_CHECK(*p == '\r' || *p == '\n');
		FUZZ_CHECK(program.size <= STRIP_PROGRAM);
		FUZZ_CHECK(program.size == 0 ||
			   (program.data >= text.data && program.data + program.size < rest.data));
		if (rest.data == text.data)
			continue;
		/* the envelopes alone are taken off as a whole */
		again = strip_text(&strips[i],
				   (struct span){ text.data, (size_t)(rest.data - text.data) },
				   &program);
		FUZZ_CHECK(again.size == 0 && again.data == rest.data);
	}
	return 0;
}
