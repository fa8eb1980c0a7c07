#ifndef BANISH_BASE_UTIL_H
#define BANISH_BASE_UTIL_H

/* What every module shares: units of time, borrowed bytes, and the cleanup idiom. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Microseconds: a point in time on CLOCK_REALTIME, or a duration. */
typedef uint64_t usec_t;

#define USEC_PER_SEC  ((usec_t)1000000)
#define USEC_PER_HOUR (3600 * USEC_PER_SEC)
#define USEC_PER_WEEK (7 * 24 * USEC_PER_HOUR)
#define USEC_INFINITY UINT64_MAX

/* Borrowed bytes: never NUL-terminated by promise, any byte may stand in them. data NULL: absent.
 */
struct span {
	const char *data;
	size_t size;
};

#define SPAN_LITERAL(text) ((struct span){ (text), sizeof(text) - 1 })

static inline struct span span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

#define must_check        __attribute__((warn_unused_result))
#define cleanup(f)        __attribute__((cleanup(f)))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define MAX(a, b)     ((a) > (b) ? (a) : (b))

/* "1 jail", "2 jails": printf("%zu jail%s", n, PLURAL(n)); */
#define PLURAL(n) ((n) == 1 ? "" : "s")

/* Moves ownership out of a cleanup() variable: *ret = TAKE_PTR(x); */
#define TAKE_PTR(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

/* For every owner `struct x *x_free(struct x *)`: cleanup(x_freep) struct x *x = NULL; */
#define DEFINE_CLEANUP(type, func)          \
	static inline void func##p(type *p) \
	{                                   \
		(void)func(*p);             \
	}

static inline void freep(void *p)
{
	free(*(void **)p);
}

#endif
