#ifndef BANISH_DAEMON_REPORT_HTML_H
#define BANISH_DAEMON_REPORT_HTML_H

/*
 * The parts of a page that stands alone: no script, nothing from elsewhere, light or dark as its
 * reader likes it, fit for a phone and for paper. All text is escaped here. Errors of writing stay
 * in the FILE.
 */

#include "report/columns.h"
#include "report/series.h"

#include <stdio.h>

/* What a table is called by programs and by people, and what its numbers are. */
struct html_table {
	const char *what, *title, *note;
};

/* Opens the page. `period` stands below its title. */
void html_begin(FILE *page, const char *title, const char *period);
void html_end(FILE *page);

void html_paragraph(FILE *page, const char *text);
/* Between these any number of figures. */
void html_figures_begin(FILE *page);
void html_figure(FILE *page, const char *what, const char *title, const char *number);
void html_figures_end(FILE *page, const char *note);

/* What happened when, one picture for each kind, those of failures only if they were counted, and
 * which colour is which jail; `zone` is that of all times. -ENOMEM. */
int html_series(FILE *page, const struct series *series, const char *zone, bool counted) must_check;

/* The first line of the columns is the head. */
void html_table(FILE *page, const struct html_table *table, const struct columns *columns);

#endif
