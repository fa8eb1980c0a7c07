#include "ledger/comment.h"

#include "base/types.h"

static void comment_append(char comment[static NFT_COMMENT_BYTES], size_t *size, const char *text)
{
	size_t n = strnlen(text, NFT_COMMENT_BYTES - 1 - *size);

	memcpy(comment + *size, text, n);
	*size += n;
	comment[*size] = '\0';
}

/* printf would take a tenth of a start with many. */
void comment_write(const struct ban *ban, char comment[static NFT_COMMENT_BYTES])
{
	char weight[WEIGHT_TEXT_MAX];
	size_t size = 0;

	if (ban->kind == BAN_MANUAL) {
		comment_append(comment, &size, *ban->reason ? ban->reason : NFT_COMMENT_MANUAL);
		return;
	}
	comment_append(comment, &size, ban->network ? "network: " : ban->event);
	comment_append(comment, &size, ban->network ? "" : " x");
	comment_append(comment, &size, weight_format(ban->failures, weight));
	comment_append(comment, &size, ban->network ? " offenders" : "");
}

/* "auth-failed x5", with one decimal if need be. */
bool comment_is_of_event(const char *comment, const char *event)
{
	size_t size = strlen(event), digits;

	if (strncmp(comment, event, size) != 0 || strncmp(comment + size, " x", 2) != 0)
		return false;
	comment += size + 2;
	digits = strspn(comment, "0123456789");
	comment += digits;
	return digits > 0 && (!*comment || (*comment == '.' &&
					    strspn(comment + 1, "0123456789") == 1 && !comment[2]));
}

/* "network: 4 offenders" */
bool comment_is_of_network(const char *comment)
{
	size_t digits;

	if (strncmp(comment, "network: ", strlen("network: ")) != 0)
		return false;
	comment += strlen("network: ");
	digits = strspn(comment, "0123456789");
	return digits > 0 && strcmp(comment + digits, " offenders") == 0;
}

bool comment_is_like_own(const char *comment)
{
	char event[NFT_COMMENT_BYTES] = "";
	size_t size = strcspn(comment, " ");

	if (size == 0 || size >= sizeof(event))
		return false;
	memcpy(event, comment, size);
	return comment_is_of_event(comment, event) || comment_is_of_network(comment);
}
