#include "count/window-slots.h"

#include <errno.h>

static struct pool *pool_of(struct windows *windows, const struct window *window)
{
	return &windows->blocks[windows->lists[window->list].users];
}

void window_copy(const struct windows *windows, struct window *window, size_t to, size_t from)
{
	memcpy(window_slot(windows, window, to), window_slot(windows, window, from),
	       window_stride(&windows->lists[window->list]));
}

void window_release_block(struct windows *windows, struct window *window)
{
	if (window->capacity == window_short_size(windows, window)) {
		pool_give(pool_of(windows, window), window->short_block);
	} else if (window->capacity > 0) {
		free(window->block);
		windows->n_long -= window->capacity * window_stride(&windows->lists[window->list]);
	}
	window->capacity = 0;
}

void window_drop_failures(struct windows *windows, struct window *window, size_t from, size_t n)
{
	size_t rest = window->n - from - n;

	window->n = (uint16_t)(window->n - n);
	if (n == 0 || rest == 0)
		return;
	if (from == 0) { /* of a list without users it does not stand in the block */
		window_copy(windows, window, 0, n);
		from++;
		rest--;
	}
	if (rest > 0)
		memmove(window_slot(windows, window, from), window_slot(windows, window, from + n),
			rest * window_stride(&windows->lists[window->list]));
}

int window_enlarge(struct windows *windows, struct window *window)
{
	size_t capacity = MIN(window->capacity * 2 + 1, WINDOW_MAX_DEPTH - 1);
	size_t stride = window_stride(&windows->lists[window->list]);
	uint32_t index;
	char *block;

	block = window->capacity == 0 ? pool_take(pool_of(windows, window), &index)
				      : malloc(capacity * stride);
	if (!block)
		return -ENOMEM;
	if (window->capacity == 0) {
		if (windows->lists[window->list].users)
			memcpy(block, &window->single, sizeof(window->single));
		window->short_block = index;
		window->capacity = window_short_size(windows, window);
		return 0;
	}
	memcpy(block, window_block(windows, window), window->capacity * stride);
	window_release_block(windows, window);
	window->block = block;
	window->capacity = (uint16_t)capacity;
	windows->n_long += capacity * stride;
	return 0;
}
