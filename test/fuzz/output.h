#ifndef BANISH_FUZZ_OUTPUT_H
#define BANISH_FUZZ_OUTPUT_H

/* What a part of the daemon prints, as a text: it is for a terminal, whatever it was given. */

#include "base/util.h"
#include "fuzz.h"

#include <stdio.h>

struct output {
	FILE *stdout_before, *stderr_before;
	char *out, *err; /* owned; there after output_end() */
	size_t out_size, err_size;
};

static inline void output_begin(struct output *output)
{
	output->stdout_before = stdout;
	output->stderr_before = stderr;
	stdout = open_memstream(&output->out, &output->out_size);
	stderr = open_memstream(&output->err, &output->err_size);
	FUZZ_CHECK(stdout && stderr);
}

static inline void check_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		FUZZ_CHECK((unsigned char)text[i] >= 0x20 ? text[i] != 0x7f
							  : strchr("\n\t", text[i]) && text[i]);
}

static inline void output_end(struct output *output)
{
	(void)fclose(stdout);
	(void)fclose(stderr);
	stdout = output->stdout_before;
	stderr = output->stderr_before;
	check_printable(output->out, output->out_size);
	check_printable(output->err, output->err_size);
}

static inline void output_done(struct output *output)
{
	free(output->out);
	free(output->err);
}

#endif
