#include "../encode-all.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

static const uint8_t seed[16];

static struct ledger *make(void)
{
	struct ledger *ledger;

	FUZZ_CHECK(ledger_new(seed, &ledger) == 0);
	return ledger;
}

/* Lines that are no commits are passed over; each of them must do nothing. */
static void decode(struct ledger *ledger, const char *data, size_t size, bool all_good)
{
	const char *end = data + size;

	while (data < end) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		size_t length = (size_t)((newline ?: end) - data), n = ledger_n_bans(ledger);
		int r = ledger_decode(ledger, (struct span){ data, length });

		FUZZ_CHECK(r >= 0 || r == -EBADMSG || r == -EPROTONOSUPPORT);
		FUZZ_CHECK(r >= 0 || ledger_n_bans(ledger) == n);
		FUZZ_CHECK(r == 0 || !all_good);
		data += length + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = make();
	cleanup(freep) char *text = NULL, *text_again = NULL;

	decode(ledger, (const char *)data, size, false);
	text = encode_all(ledger);
	decode(again, text, strlen(text), true);
	text_again = encode_all(again);
	FUZZ_CHECK(strcmp(text, text_again) == 0);
	return 0;
}
