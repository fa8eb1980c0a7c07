/*
 * /proc/net/tcp and tcp6 have the sockets of our network namespace, each with its inode; the
 * processes of a unit have links to inodes, "socket:[12345]". What systemd listens at itself for a
 * unit is a process's as soon as it was handed over.
 */
#include "io/listening.h"

#include "base/array.h"
#include "io/file.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#define MAX_TABLE ((size_t)16 << 20) /* bytes: 100,000 connections; who listens stands first */
#define LISTEN    0x0A               /* TCP_LISTEN of net/tcp_states.h */

struct listener {
	uint64_t inode;
	uint16_t port;
};

struct listeners {
	struct listener *items; /* owned */
	size_t n;
};

static void listeners_done(struct listeners *listeners)
{
	free(listeners->items);
}

/* "0100007F" is 127.0.0.1 where the machine is little-endian: words of four bytes, each as the
 * machine has a number. */
static bool is_loopback(const char *hex)
{
	uint32_t words[4] = { 0 }, last;
	size_t n = 0;

	while (n < ARRAY_SIZE(words) && sscanf(hex + 8 * n, "%8" SCNx32, &words[n]) == 1)
		n++;
	last = n > 0 ? words[n - 1] : 0;
	if (n == 1 || (n == 4 && words[2] == htonl(0xffff)))
		return ((const uint8_t *)&last)[0] == 127;
	return n == 4 && words[0] == 0 && words[1] == 0 && words[2] == 0 && last == htonl(1);
}

/* "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0
 * 12345" */
static int take_socket(void *userdata, struct span line)
{
	struct listeners *listeners = userdata;
	char address[33], text[256];
	unsigned port, state;
	uint64_t inode;

	(void)snprintf(text, sizeof(text), "%.*s", (int)MIN(line.size, sizeof(text) - 1),
		       line.data);
	if (sscanf(text, " %*u: %32[0-9A-F]:%4x %*s %2x %*s %*s %*s %*u %*u %" SCNu64, address,
		   &port, &state, &inode) != 4 ||
	    state != LISTEN || is_loopback(address))
		return 0;
	if (!array_grow(listeners->items, listeners->n))
		return -ENOMEM;
	listeners->items[listeners->n++] = (struct listener){ inode, (uint16_t)port };
	return 0;
}

static int list_listeners(struct listeners *listeners)
{
	static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };
	int r = 0;

	for (size_t i = 0; r != -ENOMEM && i < ARRAY_SIZE(tables); i++) {
		size_t size;

		r = file_read_lines(tables[i], MAX_TABLE, take_socket, listeners, &size);
	}
	return r == -ENOMEM ? r : 0;
}

static int take_descriptors(const char *process, const struct listeners *listeners,
			    struct ports *ports)
{
	const struct dirent *descriptor;
	char path[64], link[64];
	int r = 0;
	DIR *folder;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/fd", process);
	folder = opendir(path);
	while (folder && r >= 0 && (descriptor = readdir(folder))) {
		ssize_t n = readlinkat(dirfd(folder), descriptor->d_name, link, sizeof(link) - 1);
		uint64_t inode;

		if (n < 0)
			continue;
		link[n] = '\0';
		if (sscanf(link, "socket:[%" SCNu64 "]", &inode) != 1)
			continue;
		for (size_t i = 0; r >= 0 && i < listeners->n; i++)
			if (listeners->items[i].inode == inode)
				r = ports_add_number(ports, listeners->items[i].port);
	}
	if (folder)
		(void)closedir(folder);
	return r;
}

static bool is_of_unit(pid_t process, const char *unit)
{
	cleanup(freep) char *name = NULL;

	return sd_pid_get_unit(process, &name) >= 0 && strcmp(name, unit) == 0;
}

int listening_ports(const char *unit, struct ports *ports)
{
	cleanup(listeners_done) struct listeners listeners = { 0 };
	const struct dirent *process;
	int r = list_listeners(&listeners);
	DIR *processes = NULL;

	if (r >= 0 && listeners.n > 0)
		processes = opendir("/proc");
	while (processes && r >= 0 && (process = readdir(processes))) {
		int number = atoi(process->d_name);

		if (number > 0 && is_of_unit(number, unit))
			r = take_descriptors(process->d_name, &listeners, ports);
	}
	if (processes)
		(void)closedir(processes);
	return r;
}
