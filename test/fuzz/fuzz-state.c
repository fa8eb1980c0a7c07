#include "../encode-all.h"
#include "entry/cursor.h"
#include "fuzz.h"
#include "output.h"
#include "run/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

static const uint8_t seed[16];
static char folder[] = "/dev/shm/banish-fuzz-XXXXXX", file[64], copy[64];

static void tidy(void)
{
	(void)unlink(file);
	(void)unlink(copy);
	(void)rmdir(folder);
}

static void begin(void)
{
	if (*file)
		return;
	FUZZ_CHECK(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/state", folder);
	(void)snprintf(copy, sizeof(copy), "%s/state.bad", folder);
	(void)atexit(tidy);
}

static void put(const uint8_t *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
	(void)unlink(copy);
}

/* What a start makes of the file, and writes back. The text is the caller's. */
static char *load(bool *ret_said)
{
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	struct saver saver = { 0 };
	struct output output;
	struct position position;
	char *text;

	output_begin(&output);
	FUZZ_CHECK(saver_load(&saver, folder, seed, &ledger) == 0);
	position = ledger_position(ledger);
	FUZZ_CHECK(!position.cursor.data || cursor_is_valid(position.cursor));
	saver.damaged = true; /* all is written anew */
	text = encode_all(ledger);
	FUZZ_CHECK(saver_write(&saver, ledger) == 0 && !saver.failing);
	saver_done(&saver);
	output_end(&output);
	*ret_said = output.err_size > 0;
	output_done(&output);
	return text;
}

/* A start never fails, and after what it wrote the next has nothing to say and knows the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(freep) char *text = NULL, *again = NULL;
	bool said;

	begin();
	put(data, size);
	text = load(&said);
	again = load(&said);
	FUZZ_CHECK(strcmp(text, again) == 0);
	FUZZ_CHECK(!said);
	return 0;
}
