/*
 * One pattern over one text.
 *
 * A text costs what its length costs: the limit of steps grows with the text. PCRE2 counts anew for
 * each byte that a match may start at, so every pattern must be anchored. Depth and heap limits
 * only exist in the interpreter; under JIT its own stack plays their part, and where that is too
 * small the interpreter answers, so that both worlds agree.
 */

#include "match/regex.h"

#include "base/buffer.h"
#include "base/suggest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MAX_GROUPS    64 /* with named ones below: fixes the size of the match data */
#define MAX_SAME_NAME 8

/*
 * The shipped patterns need at most 7 steps a byte in the interpreter, on 8 KiB of whatever they
 * mind most. 32 leaves room, and holds 64 KiB of anything below 2.1 M steps (about 30 ms).
 */
#define STEPS_FREE     10000
#define STEPS_PER_BYTE 32

/* A group that runs byte by byte and remembers its way gets through 16 KiB with so many frames.
 * Where steps are counted they must not run out before the steps do. */
#define HEAP_LIMIT_KIB   8192
#define HEAP_MEASURE_KIB 65536

#define JIT_STACK_MIN (32 << 10)  /* bytes; what PCRE2 would use without asking */
#define JIT_STACK_MAX (512 << 10) /* bytes */
#define LONG_TEXT     4096 /* bytes: the interpreter's frames for more are given back at once */

/* The numbers a name has: with (?J) or in alternatives one name can stand at several groups. */
struct match_group {
	uint8_t numbers[MAX_SAME_NAME];
	uint8_t n_numbers;
};

static const char *const group_names[N_GROUPS] = { "address", "user", "attempts", "session",
						   "secret" };

struct regex {
	pcre2_code *code;
	struct match_group groups[N_GROUPS];
};

struct matcher {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
	struct kept kept;
};

/* Up to 20 bytes of the pattern where the compiler stopped, fit to be printed. */
static const char *snippet(const char *pattern, size_t offset, char buffer[static 32])
{
	char bytes[21];
	size_t i = 0;

	if (offset >= strlen(pattern))
		return "at its end";
	for (; i < 20 && pattern[offset + i]; i++)
		bytes[i] = pattern[offset + i] < 0x20 ? '?' : pattern[offset + i];
	bytes[i] = '\0';
	(void)snprintf(buffer, 32, "near \"%s\"", bytes);
	return buffer;
}

/* Tells what is wrong with the pattern, "what: hint". -EINVAL or -ENOMEM. */
static int match_fault(const char *file, const struct event *event, struct faults *faults,
		       const char *format, ...) printf_like(4, 5);

static int match_fault(const char *file, const struct event *event, struct faults *faults,
		       const char *format, ...)
{
	cleanup(freep) char *what = NULL;
	va_list arguments;
	int r;

	va_start(arguments, format);
	what = text_of_format(format, arguments);
	va_end(arguments);
	if (!what)
		return -ENOMEM;
	r = faults_add(faults, "%s:%u:%u: pattern of event \"%s\": %s", file, event->line,
		       event->column, event->name, what);
	return r < 0 ? r : -EINVAL;
}

static int compile_pattern(struct regex *regex, const char *file, const struct event *event,
			   const char *pattern, enum match_flags flags, struct faults *faults)
{
	uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DUPNAMES, all = 0;
	PCRE2_UCHAR message[128];
	PCRE2_SIZE offset = 0;
	char near[32];
	int error = 0;

	if (flags & MATCH_MEASURE)
		options |= PCRE2_NO_START_OPTIMIZE;
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &error,
				    &offset, NULL);
	if (!regex->code) {
		pcre2_get_error_message(error, message, sizeof(message));
		return match_fault(file, event, faults, "%s at offset %zu: mend it %s",
				   (const char *)message, offset, snippet(pattern, offset, near));
	}
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_ALLOPTIONS, &all);
	if (!(all & PCRE2_ANCHORED))
		return match_fault(file, event, faults,
				   "it can match in the middle of a line: begin it with ^");
	/* Refused (-48 under MemoryDenyWriteExecute) is no fault: the interpreter serves. */
	if (flags & MATCH_JIT)
		(void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	return 0;
}

static int add_group(struct regex *regex, const char *file, const struct event *event,
		     const char *name, unsigned number, struct faults *faults)
{
	struct suggestion suggestion = { .word = span_of(name) };

	for (unsigned i = 0; i < N_GROUPS; i++) {
		struct match_group *group = &regex->groups[i];

		suggestion_try(&suggestion, group_names[i]);
		if (strcmp(name, group_names[i]) != 0)
			continue;
		if (number < MAX_GROUPS && group->n_numbers < MAX_SAME_NAME) {
			group->numbers[group->n_numbers++] = (uint8_t)number;
			return 0;
		}
		return match_fault(file, event, faults,
				   "too many groups before or named \"%s\": write (?:...) where "
				   "nothing is to be remembered",
				   name);
	}
	if (suggestion.best)
		return match_fault(file, event, faults,
				   "\"%s\" is not a group that banish knows: did you mean \"%s\"?",
				   name, suggestion.best);
	return match_fault(file, event, faults,
			   "\"%s\" is not a group that banish knows: name it address, user, "
			   "attempts, session or secret, or write (?:...)",
			   name);
}

static int read_groups(struct regex *regex, const char *file, const struct event *event,
		       struct faults *faults)
{
	uint32_t n_names = 0, entry_size = 0;
	PCRE2_SPTR table = NULL;
	int result = 0;

	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &n_names);
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
	/* An entry: number in two bytes, high first, then the name and NUL. */
	for (uint32_t i = 0; i < n_names; i++) {
		PCRE2_SPTR entry = table + (size_t)i * entry_size;
		int r = add_group(regex, file, event, (const char *)entry + 2,
				  (unsigned)entry[0] << 8 | entry[1], faults);

		if (r < 0)
			result = r;
	}
	return result;
}

int regex_new(const char *file, const struct event *event, const char *pattern,
	      enum match_flags flags, struct faults *faults, struct regex **ret)
{
	cleanup(regex_freep) struct regex *regex = calloc(1, sizeof(*regex));
	int r;

	if (!regex)
		return -ENOMEM;
	r = compile_pattern(regex, file, event, pattern, flags, faults);
	if (r >= 0)
		r = read_groups(regex, file, event, faults);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(regex);
	return 0;
}

struct regex *regex_free(struct regex *regex)
{
	if (!regex)
		return NULL;
	pcre2_code_free(regex->code);
	free(regex);
	return NULL;
}

bool regex_has(const struct regex *regex, enum regex_group group)
{
	return regex && regex->groups[group].n_numbers > 0;
}

int matcher_new(struct matcher **ret)
{
	cleanup(matcher_freep) struct matcher *matcher = calloc(1, sizeof(*matcher));

	if (!matcher)
		return -ENOMEM;
	matcher->context = pcre2_match_context_create(NULL);
	matcher->data = pcre2_match_data_create(MAX_GROUPS, NULL);
	if (!matcher->context || !matcher->data)
		return -ENOMEM;
	pcre2_set_heap_limit(matcher->context, HEAP_LIMIT_KIB);

	*ret = TAKE_PTR(matcher);
	return 0;
}

struct matcher *matcher_free(struct matcher *matcher)
{
	if (!matcher)
		return NULL;
	kept_done(&matcher->kept);
	pcre2_jit_stack_free(matcher->stack);
	pcre2_match_data_free(matcher->data);
	pcre2_match_context_free(matcher->context);
	free(matcher);
	return NULL;
}

struct kept *matcher_kept(struct matcher *matcher)
{
	return &matcher->kept;
}

uint64_t match_limit(size_t size)
{
	return STEPS_FREE + STEPS_PER_BYTE * (uint64_t)size;
}

/* A name that two groups gave different texts tells nothing. */
static struct span captured(const struct match_group *group, struct span text,
			    const PCRE2_SIZE *offsets)
{
	struct span found = { 0 };

	for (unsigned i = 0; i < group->n_numbers; i++) {
		PCRE2_SIZE start = offsets[2 * group->numbers[i]];
		PCRE2_SIZE end = offsets[2 * group->numbers[i] + 1];
		struct span one;

		/* \K in a lookahead can set an end before its start. */
		if (start == PCRE2_UNSET || end == PCRE2_UNSET || end < start || end > text.size)
			continue;
		one = (struct span){ text.data + start, end - start };
		if (found.data && !span_equal(found, one))
			return (struct span){ 0 };
		found = one;
	}
	return found;
}

/* The JIT stack is made when the first JIT match needs it: the interpreter's daemon never does. */
static void prepare_stack(const struct regex *regex, struct matcher *matcher)
{
	size_t jit_size = 0;

	if (matcher->stack || pcre2_pattern_info(regex->code, PCRE2_INFO_JITSIZE, &jit_size) != 0 ||
	    jit_size == 0)
		return;
	matcher->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	if (matcher->stack) /* without: 32 KiB of the machine stack */
		pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
}

static int run_code(const struct regex *regex, struct matcher *matcher, pcre2_match_data *data,
		    struct span text, uint32_t options, uint64_t limit)
{
	PCRE2_SPTR bytes = (PCRE2_SPTR)(text.data ? text.data : "");
	int n;

	pcre2_set_match_limit(matcher->context, (uint32_t)MIN(limit, UINT32_MAX));
	n = pcre2_match(regex->code, bytes, text.size, 0, options, data, matcher->context);
	if (n == PCRE2_ERROR_JIT_STACKLIMIT)
		n = pcre2_match(regex->code, bytes, text.size, 0, options | PCRE2_NO_JIT, data,
				matcher->context);
	return n;
}

int regex_try(const struct regex *regex, struct matcher *matcher, struct span text, bool partial,
	      uint64_t limit)
{
	int n;

	pcre2_set_heap_limit(matcher->context, HEAP_MEASURE_KIB);
	n = run_code(regex, matcher, matcher->data, text,
		     PCRE2_NO_JIT | (partial ? PCRE2_PARTIAL_HARD : 0), limit);
	pcre2_set_heap_limit(matcher->context, HEAP_LIMIT_KIB);
	if (n == PCRE2_ERROR_MATCHLIMIT || n == PCRE2_ERROR_HEAPLIMIT)
		return -E2BIG;
	return n >= 0 || n == PCRE2_ERROR_PARTIAL;
}

int regex_run(const struct regex *regex, struct matcher *matcher, struct span text,
	      struct span found[static N_GROUPS], size_t *ret_end)
{
	pcre2_match_data *data = matcher->data, *own = NULL;
	int n;

	/* The frames of a hostile line stay with the match data: only for as long as the line. */
	if (text.size > LONG_TEXT) {
		own = pcre2_match_data_create(MAX_GROUPS, NULL);
		if (!own)
			return -ENOMEM;
		data = own;
	}
	prepare_stack(regex, matcher);
	n = run_code(regex, matcher, data, text, 0, match_limit(text.size));
	if (n >= 0) {
		const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(data);

		for (unsigned i = 0; i < N_GROUPS; i++) {
			struct span one = captured(&regex->groups[i], text, offsets);

			if (one.data)
				found[i] = one;
		}
		*ret_end = MIN(offsets[1], text.size);
	}
	pcre2_match_data_free(own);

	if (n >= 0)
		return 1;
	switch (n) {
	case PCRE2_ERROR_NOMATCH:
		return 0;
	case PCRE2_ERROR_NOMEMORY:
		return -ENOMEM;
	default: /* a limit, or a recursion without end: whatever it is, this text is given up */
		return -E2BIG;
	}
}
