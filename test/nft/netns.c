#include "unit.h"

#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define SKIPPED 77

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}

static bool enter(void)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %u 1", geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return write_file("/proc/self/uid_map", map);
	/* in a chroot there are no user namespaces, and root needs none */
	return geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
}

void netns_enter(void)
{
	if (!enter()) {
		printf("skipped: no user and network namespace: %s\n", strerror(errno));
		exit(SKIPPED);
	}
	if (system("nft list ruleset") != 0) {
		printf("skipped: nft does not work in a user namespace\n");
		exit(SKIPPED);
	}
	run("ip link set lo up");
}

void run(const char *format, ...)
{
	char words[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	if (system(words) != 0)
		fail_msg("failed: %s", words);
}

cJSON *nft_json(const char *words)
{
	size_t size = 64 << 20, used;
	char command[256], *text;
	cJSON *whole, *list;
	FILE *pipe;

	snprintf(command, sizeof(command), "nft -j %s 2>/dev/null", words);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	text = malloc(size);
	assert_non_null(text);
	used = fread(text, 1, size, pipe);
	whole = pclose(pipe) == 0 ? cJSON_ParseWithLength(text, used) : NULL;
	free(text);
	if (!whole)
		return NULL;
	list = cJSON_DetachItemFromObject(whole, "nftables");
	cJSON_Delete(whole);
	cJSON_DeleteItemFromArray(list, 0);
	return list;
}

cJSON *json_set(const char *set)
{
	char words[128];

	snprintf(words, sizeof(words), "list set inet banish %s", set);
	return nft_json(words);
}

static const cJSON *elements_of(const cJSON *list)
{
	const cJSON *item = cJSON_GetObjectItem(cJSON_GetArrayItem(list, 0), "set");

	return cJSON_GetObjectItem(item, "elem");
}

size_t json_count(const char *set)
{
	cJSON *list = json_set(set);
	size_t n;

	assert_non_null(list);
	n = (size_t)cJSON_GetArraySize(elements_of(list));
	cJSON_Delete(list);
	return n;
}

static struct shown show(const cJSON *element)
{
	const cJSON *timeout = cJSON_GetObjectItem(element, "timeout");
	const cJSON *comment = cJSON_GetObjectItem(element, "comment");
	struct shown shown = { .found = true, .permanent = !timeout };

	if (timeout)
		shown.timeout = (unsigned)timeout->valueint;
	if (timeout)
		shown.expires = (unsigned)cJSON_GetObjectItem(element, "expires")->valueint;
	if (comment)
		snprintf(shown.comment, sizeof(shown.comment), "%s", comment->valuestring);
	return shown;
}

struct shown json_element(const char *set, const char *address)
{
	cJSON *list = json_set(set);
	struct shown shown = { .found = false };
	const cJSON *element;

	assert_non_null(list);
	cJSON_ArrayForEach(element, elements_of(list))
	{
		const cJSON *inner = cJSON_GetObjectItem(element, "elem");
		const cJSON *value = inner ? cJSON_GetObjectItem(inner, "val") : element;

		if (cJSON_IsString(value) && strcmp(value->valuestring, address) == 0)
			shown = show(inner);
	}
	cJSON_Delete(list);
	return shown;
}

struct nft_layout netns_layout(void)
{
	static struct port_range ranges[] = { { 143, 143 }, { 993, 993 } };
	static struct nft_jail jails[] = {
		{ "mail", 32, 64, VERDICT_DROP, { ranges, ARRAY_SIZE(ranges), false }, 0 },
	};

	return (struct nft_layout){
		.table = "banish",
		.jails = jails,
		.n_jails = ARRAY_SIZE(jails),
		.manual_prefix4 = 32,
		.manual_prefix6 = 64,
	};
}

struct nft *nft;

int netns_set_up(void **state)
{
	struct nft_layout layout = netns_layout();

	run("nft flush ruleset");
	assert_int_equal(nft_open("banish", &nft), 0);
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	return 0;
}

int netns_tear_down(void **state)
{
	nft = nft_free(nft);
	return 0;
}

struct address address_of(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(span_of(text), &address), 0);
	return address;
}

struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(span_of(text), &prefix), 0);
	return prefix;
}

struct nft_change change_of(enum nft_operation operation, const char *address, unsigned seconds,
			    const char *comment)
{
	return (struct nft_change){
		.operation = operation,
		.jail = "mail",
		.address = address_of(address),
		.remaining = seconds ? seconds * USEC_PER_SEC : USEC_INFINITY,
		.comment = comment,
	};
}

void apply(struct nft_change change)
{
	assert_int_equal(nft_apply(nft, &change, 1), 0);
	assert_int_equal(change.error, 0);
}
