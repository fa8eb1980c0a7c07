#include "base/timespan.h"
#include "fuzz.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char buffer[TIMESPAN_TEXT_MAX];
	usec_t timespan, again;
	int r;

	r = timespan_parse((struct span){ (const char *)data, size }, &timespan);
	FUZZ_CHECK(r == 0 || r == -EINVAL || r == -ERANGE);
	if (r < 0)
		return 0;
	FUZZ_CHECK(timespan_parse(span_of(timespan_format(timespan, buffer)), &again) == 0);
	FUZZ_CHECK(timespan == again);
	return 0;
}
