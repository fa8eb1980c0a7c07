#include "io/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#define WIDTH_UNKNOWN 80 /* columns */
#define WIDTH_LEAST   20
#define WIDTH_MOST    1000
#define PAGER_WORDS   8

static struct {
	unsigned width;
	bool colors, blocks;
	pid_t pager; /* 0: none */
	int out;     /* the terminal, while the pager has stdout */
} terminal;

/* As for journalctl $COLUMNS goes first. */
static unsigned terminal_measure(void)
{
	const char *text = getenv("COLUMNS");
	unsigned long width = text ? strtoul(text, NULL, 10) : 0;
	struct winsize size = { 0 };

	if (width == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0)
		width = size.ws_col;
	if (width == 0)
		return WIDTH_UNKNOWN;
	return (unsigned)MAX(MIN(width, (unsigned long)WIDTH_MOST), (unsigned long)WIDTH_LEAST);
}

/* https://no-color.org: set to anything but nothing. */
static bool terminal_wants_colors(void)
{
	const char *none = getenv("NO_COLOR"), *name = getenv("TERM");

	return !(none && *none) && name && *name && strcmp(name, "dumb") != 0;
}

void terminal_init(enum terminal_color color)
{
	bool here = isatty(STDOUT_FILENO);

	terminal.colors =
		color == COLOR_ALWAYS || (color == COLOR_AUTO && here && terminal_wants_colors());
	if (!here)
		return;
	terminal.width = terminal_measure();
	terminal.blocks = setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

unsigned terminal_width(void)
{
	return terminal.width;
}

bool terminal_has_blocks(void)
{
	return terminal.blocks;
}

const char *terminal_style(enum terminal_style style)
{
	static const char *const codes[] = {
		[STYLE_NONE] = "\033[0m",  [STYLE_BOLD] = "\033[1m",   [STYLE_DIM] = "\033[2m",
		[STYLE_RED] = "\033[31m",  [STYLE_GREEN] = "\033[32m", [STYLE_YELLOW] = "\033[33m",
		[STYLE_BLUE] = "\033[34m",
	};

	return terminal.colors ? codes[style] : "";
}

/* The program runs with rights that the person at the terminal does not have by himself, as with
 * sudo: then the pager must not offer a shell. The same test as systemd's. */
static bool terminal_is_elevated(void)
{
	uid_t owner;

	return sd_pid_get_owner_uid(0, &owner) < 0 ? geteuid() != getuid() || getenv("SUDO_UID")
						   : owner != geteuid();
}

/* Instead of a pager that is not there. */
static void terminal_copy(void)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(STDOUT_FILENO, buffer + done, (size_t)(n - done));
			if (w <= 0)
				_exit(1);
		}
}

static void terminal_run(const char *command)
{
	char text[256], *words[PAGER_WORDS + 1] = { 0 }, *rest = text;
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", command);
	while (n < PAGER_WORDS && (words[n] = strsep(&rest, " \t")))
		n += *words[n] != '\0';
	words[n] = NULL;
	if (n > 0)
		(void)execvp(words[0], words);
}

/* The process of the pager. */
static void terminal_start_pager(const char *command, bool elevated)
{
	const char *options = getenv("SYSTEMD_LESS");

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	setenv("LESS", options ?: "FRSXMK", 1);
	if (terminal.blocks)
		setenv("LESSCHARSET", "utf-8", 1);
	setenv("LESSSECURE", "1", 1);
	if (command && !elevated)
		terminal_run(command);
	if (!elevated)
		terminal_run("pager");
	terminal_run("less");
	terminal_copy();
	_exit(0);
}

void terminal_page(void)
{
	const char *command = getenv("SYSTEMD_PAGER") ?: getenv("PAGER");
	const char *name = getenv("TERM");
	bool elevated = terminal_is_elevated();
	int ends[2];

	if (terminal.width == 0 || (command && (!*command || strcmp(command, "cat") == 0)) ||
	    !name || strcmp(name, "dumb") == 0)
		return;
	if (fflush(stdout) != 0 || pipe2(ends, O_CLOEXEC) < 0)
		return;
	terminal.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	terminal.pager = terminal.out < 0 ? -1 : fork();
	if (terminal.pager == 0) {
		(void)dup2(ends[0], STDIN_FILENO);
		close(ends[1]); /* or there would be no end, without an exec */
		terminal_start_pager(command, elevated);
	}
	if (terminal.pager > 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)signal(SIGPIPE, SIG_IGN); /* the reader may have seen enough */
		(void)signal(SIGINT, SIG_IGN);  /* is the pager's */
	} else {
		terminal.pager = 0;
	}
	close(ends[0]);
	close(ends[1]);
}

void terminal_close(void)
{
	if (terminal.pager == 0)
		return;
	if (fflush(stdout) != 0) { /* what nobody wants to read any more is no error */
		__fpurge(stdout);
		clearerr(stdout);
	}
	(void)dup2(terminal.out, STDOUT_FILENO);
	close(terminal.out);
	while (waitpid(terminal.pager, NULL, 0) < 0 && errno == EINTR)
		;
	terminal.pager = 0;
}
