#include "cli/timestamp.h"
#include "fuzz.h"
#include "output.h"

#include <errno.h>

#define NOW       (1764000000 * USEC_PER_SEC)
#define YEAR_9999 (253370764800 * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(freep) char *text = strndup((const char *)data, size);
	char shown[TIMESTAMP_TEXT_MAX];
	usec_t time = 0, again = 0;
	int r;

	FUZZ_CHECK(text && setenv("TZ", "UTC", 1) == 0);
	r = timestamp_parse(text, NOW, &time);
	FUZZ_CHECK(r == 0 || r == -EINVAL || r == -ERANGE);
	if (r < 0)
		return 0;
	timestamp_format(time, shown);
	check_printable(shown, strlen(shown));
	if (time >= YEAR_9999)
		return 0;
	FUZZ_CHECK(timestamp_parse(shown, NOW, &again) == 0);
	FUZZ_CHECK(again == time - time % USEC_PER_SEC);
	return 0;
}
