/*
 * libsystemd maps journal files. When journald deletes one it frees its blocks at once, and who
 * looks into such a page before the deletion was heard of gets SIGBUS. As in journald itself and in
 * journalctl a page of zeros takes its place: the file then has no entries.
 */
#include "io/sigbus.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile sig_atomic_t n_pages; /* that were lost */
static uintptr_t page_size;           /* bytes; a handler has no other way to know it */

static void put_zeros(int number, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~(page_size - 1);
	int saved = errno;

	if (info->si_code != BUS_ADRERR ||
	    mmap((void *)page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED) {
		/* it ends us as soon as we return */
		(void)signal(number, SIG_DFL);
		(void)raise(number);
	}
	n_pages++;
	errno = saved;
}

unsigned sigbus_count(void)
{
	return (unsigned)n_pages;
}

int sigbus_pass_over(void)
{
	struct sigaction action = { .sa_sigaction = put_zeros, .sa_flags = SA_SIGINFO };

	page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL) < 0 ? -errno : 0;
}
