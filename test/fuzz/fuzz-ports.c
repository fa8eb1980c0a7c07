#include "base/ports.h"
#include "fuzz.h"

#include <errno.h>

/* Each line is one text to add. */
static struct span cut_line(struct span *text)
{
	const char *end = memchr(text->data, '\n', text->size);
	struct span line = { text->data, end ? (size_t)(end - text->data) : text->size };

	text->data += line.size;
	text->size -= line.size;
	if (end) {
		text->data++;
		text->size--;
	}
	return line;
}

static void check_ranges(const struct ports *ports)
{
	FUZZ_CHECK(!ports->all || ports->n_ranges == 0);
	for (size_t i = 0; i < ports->n_ranges; i++) {
		FUZZ_CHECK(ports->ranges[i].first >= 1);
		FUZZ_CHECK(ports->ranges[i].first <= ports->ranges[i].last);
		FUZZ_CHECK(i == 0 || ports->ranges[i].first > ports->ranges[i - 1].last + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct ports ports = { 0 }, copy;

	while (text.size > 0) {
		struct span line = cut_line(&text);
		const char *name;
		int r;

		r = ports_add(&ports, line);
		FUZZ_CHECK(r == 0 || r == -EINVAL);
		check_ranges(&ports);
		name = ports_suggest(line);
		if (name)
			FUZZ_CHECK(ports_add(&ports, span_of(name)) == 0);
	}
	FUZZ_CHECK(ports_copy(&ports, &copy) == 0);
	ports_done(&ports);
	check_ranges(&copy);
	ports_done(&copy);
	return 0;
}
