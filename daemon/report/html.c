#include "report/html.h"

#include "base/types.h"
#include "cli/timestamp.h"
#include "report/human.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define N_COLOURS 8    /* the last one is of all jails that have none of their own */
#define SLOT      10   /* units of a picture, across: a bar and the gap beside it */
#define BAR       8    /* of these the bar */
#define HEIGHT    1000 /* units of a picture, down */
#define MIN_BAR   8    /* units: one ban beside thousands is still seen */
#define DAY       (24 * USEC_PER_HOUR)

static const char style[] =
	":root{color-scheme:light dark;--back:#fff;--text:#1c2430;--dim:#5b6675;--line:#d9dee5;"
	"--blind:#c9ced6;--c0:#2563eb;--c1:#d97706;--c2:#0f9d76;--c3:#dc2626;--c4:#7c3aed;"
	"--c5:#0e8ba8;--c6:#c0267a;--c7:#7a8594}\n"
	"@media(prefers-color-scheme:dark){:root{--back:#14181f;--text:#e3e8ef;--dim:#9aa5b4;"
	"--line:#303945;--blind:#3d4652;--c0:#5b9bff;--c1:#f5b041;--c2:#3ccf9f;--c3:#f87171;"
	"--c4:#a78bfa;--c5:#38c6e0;--c6:#f27ab8;--c7:#95a1b1}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1rem;max-width:70rem;background:var(--back);color:var(--text);"
	"font:1rem/1.45 system-ui,sans-serif;overflow-wrap:break-word}\n"
	"h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .2rem}\n"
	"p{margin:.3rem 0}section~p{margin-top:1rem}.dim,.note,dt,th,.x,.y,footer{color:var(--dim)}\n"
	".note,footer,.x,.y,.legend{font-size:.85rem}.note{max-width:45rem}\n"
	"dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:.6rem;"
	"margin:1rem 0}\n"
	"dl div{border:1px solid var(--line);border-radius:.4rem;padding:.4rem .7rem}\n"
	"dt{font-size:.85rem}dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}\n"
	"figure{margin:1.2rem 0}figcaption{font-weight:600;margin-bottom:.7rem}\n"
	".plot{display:grid;grid-template-columns:3rem 1fr;column-gap:.5rem}\n"
	".y{display:flex;flex-direction:column;justify-content:space-between;text-align:right;"
	"line-height:1;margin:-.4rem 0}\n"
	"svg{width:100%;height:9rem;display:block;overflow:visible}\n"
	".x{grid-column:2;display:flex;justify-content:space-between;margin-top:.3rem}\n"
	".grid{stroke:var(--line);fill:none;vector-effect:non-scaling-stroke}\n"
	".legend{list-style:none;padding:0;margin:.6rem 0;display:flex;flex-wrap:wrap;"
	"gap:.2rem 1rem}\n"
	".legend svg{display:inline-block;width:.8em;height:.8em;margin-right:.35em}\n"
	".blind{fill:var(--blind)}.c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}"
	".c3{fill:var(--c3)}.c4{fill:var(--c4)}.c5{fill:var(--c5)}.c6{fill:var(--c6)}"
	".c7{fill:var(--c7)}\n"
	"g:hover{opacity:.7}\n"
	"table{border-collapse:collapse;width:100%;margin-top:.5rem;font-size:.92rem}\n"
	"th,td{text-align:left;vertical-align:top;padding:.25rem .9rem .25rem 0;"
	"border-bottom:1px solid var(--line)}\n"
	"th{font-size:.72rem;font-weight:600;letter-spacing:.04em;white-space:nowrap}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums}\n"
	".n+:not(.n){padding-left:1rem}\n"
	"td:first-child{font-weight:600}td:last-child{overflow-wrap:anywhere}\n"
	"@media(min-width:44.01rem){td:first-child{white-space:nowrap}}\n"
	"@media screen and (max-width:44rem){thead{display:none}\n"
	"tr{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.35rem 0;"
	"border-bottom:1px solid var(--line)}\n"
	"td,.n+:not(.n){border:0;padding:0;text-align:left}td:first-child{flex-basis:100%}\n"
	"td:not(:first-child)::before{content:attr(data-h)\" \";color:var(--dim);"
	"font-size:.72rem}}\n"
	"@media print{body{max-width:none;padding:0;font-size:10pt}"
	"figure,tr,dl div{break-inside:avoid}h2{break-after:avoid}"
	"svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

static void html_text(FILE *page, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", page);
			break;
		case '<':
			fputs("&lt;", page);
			break;
		case '>':
			fputs("&gt;", page);
			break;
		case '"':
			fputs("&quot;", page);
			break;
		case '\'':
			fputs("&#39;", page);
			break;
		default:
			putc(*text, page);
		}
	}
}

/* `format` with "%s", each for a text that is escaped, and nothing else to be replaced. */
static void html_write(FILE *page, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	for (const char *p = format; *p; p++) {
		if (p[0] == '%' && p[1] == 's') {
			html_text(page, va_arg(arguments, const char *));
			p++;
		} else {
			putc(*p, page);
		}
	}
	va_end(arguments);
}

void html_begin(FILE *page, const char *title, const char *period)
{
	html_write(page,
		   "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		   "style-src 'unsafe-inline'\">\n"
		   "<meta name=\"robots\" content=\"noindex\">\n"
		   "<title>%s</title>\n<style>\n",
		   title);
	fputs(style, page);
	html_write(page, "</style>\n<h1>%s</h1>\n<p class=\"dim\">%s</p>\n", title, period);
}

void html_end(FILE *page)
{
	html_write(page, "<footer><p>Made by banish %s.</p></footer>\n</html>\n", VERSION);
}

void html_paragraph(FILE *page, const char *text)
{
	html_write(page, "<p>%s</p>\n", text);
}

void html_figures_begin(FILE *page)
{
	fputs("<dl>\n", page);
}

void html_figure(FILE *page, const char *what, const char *title, const char *number)
{
	html_write(page, "<div id=\"%s\"><dt>%s</dt><dd>%s</dd></div>\n", what, title, number);
}

void html_figures_end(FILE *page, const char *note)
{
	html_write(page, "</dl>\n<p class=\"note\">%s</p>\n", note);
}

void html_table(FILE *page, const struct html_table *table, const struct columns *columns)
{
	size_t n_columns = strlen(columns->alignment);

	html_write(page,
		   "<section id=\"%s\">\n<h2>%s</h2>\n<p class=\"note\">%s</p>\n<table>\n<thead>",
		   table->what, table->title, table->note);
	for (size_t i = 0; i < columns->n_cells; i++) {
		size_t column = i % n_columns;
		bool number = columns->alignment[column] == '>';

		if (column == 0)
			fputs("<tr>", page);
		if (i < n_columns)
			html_write(page, "<th%s>", number ? " class=n" : "");
		else
			html_write(page, "<td%s data-h=\"%s\">", number ? " class=n" : "",
				   columns->cells[column]);
		html_text(page, columns->cells[i]);
		if (i + 1 == n_columns)
			fputs("</thead>\n<tbody>", page);
		if (column + 1 == n_columns)
			fputs("\n", page);
	}
	fputs("</tbody>\n</table>\n</section>\n", page);
}

/* Each row's, the busiest first; `sums` has one a row, too. */
static void html_choose_colours(const struct series *series, uint64_t *sums, unsigned *ret)
{
	for (size_t i = 0; i < series->n_rows; i++)
		sums[i] = series_sum_row(series, SERIES_FAILURES, i) +
			  series_sum_row(series, SERIES_PREVENTED, i) +
			  series_sum_row(series, SERIES_BANS, i) * WEIGHT_ONE;
	for (size_t i = 0; i < series->n_rows; i++) {
		ret[i] = 0;
		for (size_t k = 0; k < series->n_rows && ret[i] < N_COLOURS - 1; k++)
			ret[i] += sums[k] > sums[i] || (k < i && sums[k] == sums[i]);
	}
}

static const char *html_when(const struct series *series, size_t slot,
			     char buffer[static TIMESTAMP_TEXT_MAX])
{
	usec_t begin = series->since + slot * series->step;
	bool days = series->step >= DAY;

	/* where the clock was put back or forward meanwhile, midday is still of the same day */
	timestamp_format(days ? begin + DAY / 2 : begin, buffer);
	buffer[days ? strlen("2026-11-22") : strlen("2026-11-22 03:04")] = '\0';
	return buffer;
}

static const char *html_count(enum series_kind kind, uint64_t n,
			      char buffer[static WEIGHT_TEXT_MAX])
{
	return weight_format(kind == SERIES_BANS ? n * WEIGHT_ONE : n, buffer);
}

/* "2026-11-22: 17 (dovecot 12, mox 5)" */
static void html_slot_title(FILE *page, const struct series *series, enum series_kind kind,
			    size_t slot)
{
	char when[TIMESTAMP_TEXT_MAX], count[WEIGHT_TEXT_MAX];
	const char *comma = " (";

	html_write(page, "<title>%s: %s", html_when(series, slot, when),
		   html_count(kind, series_sum_slot(series, kind, slot), count));
	for (size_t i = 0; i < series->n_rows; i++) {
		uint64_t n = series->rows[i].counts[kind][slot];

		if (n == 0)
			continue;
		html_write(page, "%s%s %s", comma, series->rows[i].name,
			   html_count(kind, n, count));
		comma = ", ";
	}
	fputs(")</title>", page);
}

static void html_bar(FILE *page, const struct series *series, const unsigned *colours,
		     enum series_kind kind, size_t slot, uint64_t top)
{
	uint64_t sum = series_sum_slot(series, kind, slot), below = 0;
	double tall = (double)sum / (double)top * HEIGHT;
	unsigned bottom = 0;

	if (sum == 0)
		return;
	tall = MAX(tall, (double)MIN_BAR);
	fputs("<g>", page);
	html_slot_title(page, series, kind, slot);
	for (unsigned colour = 0; colour < N_COLOURS; colour++) {
		unsigned end;

		for (size_t i = 0; i < series->n_rows; i++)
			if (colours[i] == colour)
				below += series->rows[i].counts[kind][slot];
		end = (unsigned)((double)below / (double)sum * tall + 0.5);
		if (end > bottom)
			fprintf(page, "<rect class=c%u x=%zu y=%u width=%d height=%u />", colour,
				slot * SLOT + (SLOT - BAR) / 2, HEIGHT - end, BAR, end - bottom);
		bottom = end;
	}
	fputs("</g>\n", page);
}

static bool html_is_blind(const struct series *series)
{
	bool blind = false;

	for (size_t i = 0; i < series->n_slots; i++)
		blind = blind || series->blind[i];
	return blind;
}

/* Below the axis there is little room: of an hour without the year. */
static void html_mark(FILE *page, const struct series *series, size_t slot)
{
	char when[TIMESTAMP_TEXT_MAX];

	html_when(series, slot, when);
	html_write(page, "<span>%s</span>", series->step < DAY ? when + strlen("2026-") : when);
}

static void html_picture(FILE *page, const struct series *series, const unsigned *colours,
			 enum series_kind kind, const char *title)
{
	uint64_t unit = kind == SERIES_BANS ? 1 : WEIGHT_ONE;
	uint64_t top = series_ceiling(series, kind, unit);
	char high[FIGURE_TEXT_MAX], half[FIGURE_TEXT_MAX], when[TIMESTAMP_TEXT_MAX];
	size_t wide = series->n_slots * SLOT;
	uint64_t sum = 0;

	for (size_t i = 0; i < series->n_rows; i++)
		sum += series_sum_row(series, kind, i);
	if (sum == 0 && !html_is_blind(series)) {
		html_write(page, "<p>%s: none.</p>\n", title);
		return;
	}
	html_write(page,
		   "<figure id=\"%s\">\n<figcaption>%s</figcaption>\n<div class=\"plot\">"
		   "<div class=\"y\"><span>%s</span><span>%s</span><span>0</span></div>\n",
		   title, title, human_count(top, high),
		   top < 10 ? weight_format(top * WEIGHT_ONE / 2, half)
			    : human_count(top / 2, half));
	fprintf(page,
		"<svg viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\" role=\"img\">\n"
		"<path class=\"grid\" d=\"M0 0H%zuM0 %dH%zuM0 %dH%zu\"/>\n",
		wide, HEIGHT, wide, HEIGHT / 2, wide, HEIGHT, wide);
	for (size_t i = 0; i < series->n_slots; i++) {
		if (series->blind[i])
			html_write(page, "<g><title>%s: not all was seen</title>",
				   html_when(series, i, when));
		if (series->blind[i])
			fprintf(page, "<rect class=blind x=%zu y=0 width=%d height=%d /></g>\n",
				i * SLOT, SLOT, HEIGHT);
		html_bar(page, series, colours, kind, i, top * unit);
	}
	fputs("</svg>\n<div class=\"x\">", page);
	html_mark(page, series, 0);
	if (series->n_slots > 2)
		html_mark(page, series, series->n_slots / 2);
	if (series->n_slots > 1)
		html_mark(page, series, series->n_slots - 1);
	fputs("</div></div>\n</figure>\n", page);
}

static void html_legend_line(FILE *page, const char *colour, const char *name)
{
	html_write(
		page,
		"<li><svg viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect class=\"%s\" width=\"1\" "
		"height=\"1\"/></svg>%s</li>\n",
		colour, name);
}

static void html_legend(FILE *page, const struct series *series, const unsigned *colours)
{
	char class[8], others[40];
	unsigned n_others = 0;

	fputs("<ul class=\"legend\">\n", page);
	for (unsigned colour = 0; colour < N_COLOURS - 1; colour++)
		for (size_t i = 0; i < series->n_rows; i++)
			if (colours[i] == colour) {
				snprintf(class, sizeof(class), "c%u", colour);
				html_legend_line(page, class, series->rows[i].name);
			}
	for (size_t i = 0; i < series->n_rows; i++)
		n_others += colours[i] == N_COLOURS - 1;
	if (n_others > 0) {
		snprintf(others, sizeof(others), "%u other jail%s", n_others, PLURAL(n_others));
		html_legend_line(page, "c7", others);
	}
	if (html_is_blind(series))
		html_legend_line(page, "blind",
				 "not all was seen: banish did not run, or missed entries");
	fputs("</ul>\n", page);
}

int html_series(FILE *page, const struct series *series, const char *zone, bool counted)
{
	cleanup(freep) unsigned *colours = calloc(series->n_rows + 1, sizeof(*colours));
	cleanup(freep) uint64_t *sums = calloc(series->n_rows + 1, sizeof(*sums));
	const char *each = series->step == USEC_PER_HOUR ? "an hour"
			   : series->step < DAY          ? "six hours"
			   : series->step == DAY         ? "a day"
			   : series->step == 7 * DAY     ? "a week"
							 : "several weeks";

	if (!colours || !sums)
		return -ENOMEM;
	html_choose_colours(series, sums, colours);
	html_write(page,
		   "<section id=\"time\">\n<h2>When</h2>\n<p class=\"note\">A bar is %s. Times are "
		   "local to the machine (%s).</p>\n",
		   each, zone);
	html_legend(page, series, colours);
	if (counted) {
		html_picture(page, series, colours, SERIES_FAILURES, "Failures");
		html_picture(page, series, colours, SERIES_PREVENTED, "Prevented");
	}
	html_picture(page, series, colours, SERIES_BANS, "Bans");
	fputs("</section>\n", page);
	return 0;
}
