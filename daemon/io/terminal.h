#ifndef BANISH_DAEMON_IO_TERMINAL_H
#define BANISH_DAEMON_IO_TERMINAL_H

/*
 * stdout where it is a terminal: how wide it is, whether it has colours and block characters, and a
 * pager in front of it, as journalctl has one. There is one stdout, so this is state of the
 * process.
 */

#include "base/util.h"

enum terminal_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum terminal_style {
	STYLE_NONE, /* ends the others */
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_BLUE,
};

/* Before anything else here. */
void terminal_init(enum terminal_color color);
/* From now on what is printed goes through the pager, if stdout is a terminal and anybody has one;
 * then terminal_close() has to follow, which waits until the reader has left it. */
void terminal_page(void);
void terminal_close(void);

/* Columns; 0: stdout is no terminal, and its reader not a person perhaps. */
unsigned terminal_width(void);
bool terminal_has_blocks(void);
/* What switches the style on, "" where there are no colours. */
const char *terminal_style(enum terminal_style style);

#endif
