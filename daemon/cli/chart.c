#include "cli/chart.h"

#include "cli/timestamp.h"
#include "io/terminal.h"
#include "report/human.h"

#include <stdio.h>

#define LABEL    11 /* columns before a line of time */
#define FIGURE   8  /* behind a bar or a line */
#define LEAST    8  /* columns that are a picture */
#define WIDEST   60 /* bars */
#define LEVELS   8
#define MAX_WIDE 1000

static void chart_style(enum terminal_style style)
{
	fputs(terminal_style(style), stdout);
}

void chart_bars(const char *title, const struct chart_bar *bars, size_t n_bars)
{
	const char *block = terminal_has_blocks() ? "\xe2\x96\x88" : "#"; /* U+2588 */
	size_t width = terminal_width(), label = 0, room;
	char figure[FIGURE_TEXT_MAX];
	uint64_t most = 0;
	size_t n_shown = 0;

	for (size_t i = 0; i < n_bars; i++) {
		n_shown += bars[i].n > 0;
		label = bars[i].n > 0 ? MAX(label, strlen(bars[i].name)) : label;
		most = MAX(most, bars[i].n);
	}
	if (n_shown < 2 || width < label + 3 + FIGURE + LEAST)
		return;
	room = MIN(width - label - 3 - FIGURE, (size_t)WIDEST);
	printf("\n%s:\n", title);
	for (size_t i = 0; i < n_bars; i++) {
		/* one at least: it is there */
		size_t n = (size_t)((double)bars[i].n / (double)most * (double)room + 0.5);

		if (bars[i].n == 0)
			continue;
		printf("%-*s  ", (int)label, bars[i].name);
		chart_style(STYLE_BLUE);
		for (size_t k = 0; k < MAX(n, (size_t)1); k++)
			fputs(block, stdout);
		chart_style(STYLE_NONE);
		printf(" %s\n", human_count(bars[i].n, figure));
	}
}

/* How slots become columns: several slots are one, or one is several. */
struct chart_scale {
	size_t merged, wide, n; /* slots a column, columns a slot, columns in all */
};

static struct chart_scale chart_choose_scale(const struct series *series, size_t room)
{
	struct chart_scale scale = { 1, 1, 0 };

	if (series->n_slots > room)
		scale.merged = (series->n_slots + room - 1) / room;
	else
		scale.wide = room / series->n_slots;
	scale.n = (series->n_slots + scale.merged - 1) / scale.merged * scale.wide;
	return scale;
}

static uint64_t chart_column(const struct series *series, enum series_kind kind,
			     const struct chart_scale *scale, size_t column, bool *ret_blind)
{
	size_t first = column / scale->wide * scale->merged;
	uint64_t sum = 0;

	*ret_blind = false;
	for (size_t i = first; i < MIN(first + scale->merged, series->n_slots); i++) {
		sum += series_sum_slot(series, kind, i);
		*ret_blind = *ret_blind || series->blind[i];
	}
	return kind == SERIES_BANS ? sum : (sum + WEIGHT_ONE - 1) / WEIGHT_ONE;
}

static void chart_line(const struct series *series, enum series_kind kind,
		       const struct chart_scale *scale, const char *label,
		       enum terminal_style style)
{
	static const char *const blocks[] = { " ",
					      "\xe2\x96\x81",
					      "\xe2\x96\x82",
					      "\xe2\x96\x83",
					      "\xe2\x96\x84",
					      "\xe2\x96\x85",
					      "\xe2\x96\x86",
					      "\xe2\x96\x87",
					      "\xe2\x96\x88" };
	static const char *const ascii[] = { " ", ".", ":", "-", "=", "+", "*", "%", "#" };
	const char *const *levels = terminal_has_blocks() ? blocks : ascii;
	char figure[FIGURE_TEXT_MAX];
	uint64_t most = 0;
	bool blind;

	for (size_t i = 0; i < scale->n; i++)
		most = MAX(most, chart_column(series, kind, scale, i, &blind));
	if (most == 0)
		return;
	printf("%-*s", LABEL, label);
	chart_style(style);
	for (size_t i = 0; i < scale->n; i++) {
		uint64_t n = chart_column(series, kind, scale, i, &blind);
		size_t level = n > 0 ? 1 + (size_t)((double)n / (double)most * (LEVELS - 1)) : 0;

		if (n == 0 && blind)
			fputs(terminal_has_blocks() ? "\xe2\x96\x91" : "?", stdout); /* U+2591 */
		else
			fputs(levels[level], stdout);
	}
	chart_style(STYLE_NONE);
	printf(" %s\n", human_count(most, figure));
}

/* The axis: when it begins and ends, on the local clock. */
static void chart_axis(const struct series *series, const struct chart_scale *scale)
{
	char begin[TIMESTAMP_TEXT_MAX], end[TIMESTAMP_TEXT_MAX];
	size_t size = strlen("11-22 03:04"), cut = strlen("2026-");
	const char *left, *right;

	left = timestamp_format(series->since, begin) + cut;
	right = timestamp_format(series->since + series->n_slots * series->step, end) + cut;
	chart_style(STYLE_DIM);
	printf("%*s%.*s", LABEL, "", (int)size, left);
	if (scale->n > 2 * size)
		printf("%*.*s", (int)(scale->n - size), (int)size, right);
	chart_style(STYLE_NONE);
	putchar('\n');
}

void chart_series(const struct series *series, bool counted)
{
	static const struct {
		enum series_kind kind;
		const char *label;
		enum terminal_style style;
	} lines[] = {
		{ SERIES_FAILURES, "failures", STYLE_YELLOW },
		{ SERIES_PREVENTED, "prevented", STYLE_GREEN },
		{ SERIES_BANS, "bans", STYLE_RED },
	};
	size_t width = MIN(terminal_width(), (unsigned)MAX_WIDE);
	struct chart_scale scale;
	char step[FIGURE_TEXT_MAX];
	bool blind = false, any = false;

	for (size_t i = 0; i < series->n_slots; i++) {
		blind = blind || series->blind[i];
		for (size_t k = 0; k < ARRAY_SIZE(lines); k++)
			any = any || ((counted || lines[k].kind == SERIES_BANS) &&
				      series_sum_slot(series, lines[k].kind, i) > 0);
	}
	if (width < LABEL + LEAST + FIGURE || !any)
		return;
	scale = chart_choose_scale(series, width - LABEL - FIGURE);
	printf("\nIn steps of %s, and the most of one:\n",
	       human_age(series->step * scale.merged, step));
	for (size_t k = 0; k < ARRAY_SIZE(lines); k++)
		if (counted || lines[k].kind == SERIES_BANS)
			chart_line(series, lines[k].kind, &scale, lines[k].label, lines[k].style);
	chart_axis(series, &scale);
	if (blind)
		printf("%*s%s: not all was seen\n", LABEL, "",
		       terminal_has_blocks() ? "\xe2\x96\x91" : "?");
}
