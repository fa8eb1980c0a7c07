#include "changes.h"

#include "log.h"
#include "print.h"

#include <errno.h>
#include <stdio.h>

#define MAX_UNDELETED 65536

int changes_complain(struct daemon *daemon, const char *what, int error)
{
	if (!daemon->kernel_failing)
		log_say(LOG_KERNEL, LOG_ERR, "cannot %s: %s", what, nft_explain(error));
	daemon->kernel_failing = true;
	guard_retry_soon(daemon);
	return error;
}

void changes_done(struct changes *changes)
{
	free(changes->items);
	free(changes->ids);
	free(changes->comments);
	free(changes->names);
}

static int make_room(struct changes *changes)
{
	size_t room = changes->room * 2 + 64;
	struct nft_change *items;
	uint64_t *ids;
	void *comments, *names;

	if (changes->n < changes->room)
		return 0;
	items = reallocarray(changes->items, room, sizeof(*items));
	if (items)
		changes->items = items;
	ids = reallocarray(changes->ids, room, sizeof(*ids));
	if (ids)
		changes->ids = ids;
	comments = reallocarray(changes->comments, room, sizeof(*changes->comments));
	if (comments)
		changes->comments = comments;
	names = reallocarray(changes->names, room, sizeof(*changes->names));
	if (names)
		changes->names = names;
	if (!items || !ids || !comments || !names)
		return -ENOMEM;
	changes->room = room;
	return 0;
}

static void append(char comment[static NFT_COMMENT_BYTES], size_t *size, const char *text)
{
	size_t n = strnlen(text, NFT_COMMENT_BYTES - 1 - *size);

	memcpy(comment + *size, text, n);
	*size += n;
	comment[*size] = '\0';
}

/* Why it is banned, for whoever looks at the set. printf would take a tenth of a start with many.
 */
static void explain(const struct ban *ban, char comment[static NFT_COMMENT_BYTES])
{
	char weight[WEIGHT_TEXT_MAX];
	size_t size = 0;

	if (ban->kind == BAN_MANUAL) {
		append(comment, &size, *ban->reason ? ban->reason : NFT_COMMENT_MANUAL);
		return;
	}
	append(comment, &size, ban->network ? "network: " : ban->event);
	append(comment, &size, ban->network ? "" : " x");
	append(comment, &size, weight_format(ban->failures, weight));
	append(comment, &size, ban->network ? " offenders" : "");
}

/* "auth-failed x5", with one decimal if need be. */
bool changes_parse_event(const char *comment, const char *event)
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
bool changes_parse_network(const char *comment)
{
	size_t digits;

	if (strncmp(comment, "network: ", strlen("network: ")) != 0)
		return false;
	comment += strlen("network: ");
	digits = strspn(comment, "0123456789");
	return digits > 0 && strcmp(comment + digits, " offenders") == 0;
}

bool changes_is_like_own(const char *comment)
{
	char event[NFT_COMMENT_BYTES] = "";
	size_t size = strcspn(comment, " ");

	if (size == 0 || size >= sizeof(event))
		return false;
	memcpy(event, comment, size);
	return changes_parse_event(comment, event) || changes_parse_network(comment);
}

int changes_put(struct changes *changes, const char *name, const struct ban *ban,
		enum nft_operation operation, usec_t now)
{
	int r;

	r = make_room(changes);
	if (r < 0)
		return r;
	explain(ban, changes->comments[changes->n]);
	changes->items[changes->n] = (struct nft_change){
		.operation = operation,
		.address = ban->prefix.address,
		.remaining = ban->until == USEC_INFINITY ? USEC_INFINITY : ban->until - now,
	};
	nft_jail_name(name, false, changes->names[changes->n]);
	changes->ids[changes->n++] = ban->id;
	return 0;
}

int changes_delete(struct changes *changes, const char *jail, const struct address *address)
{
	int r;

	r = make_room(changes);
	if (r < 0)
		return r;
	changes->items[changes->n] =
		(struct nft_change){ .operation = NFT_DELETE, .address = *address };
	nft_jail_name(jail, false, changes->names[changes->n]);
	changes->ids[changes->n++] = 0;
	return 0;
}

/* Elements that have to go are in no list that is put back: they are remembered. */
static int remember(struct daemon *daemon, const struct nft_change *change)
{
	struct undeleted *items;

	if (daemon->n_undeleted == MAX_UNDELETED)
		return 0; /* they run out */
	items = reallocarray(daemon->undeleted, daemon->n_undeleted + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	daemon->undeleted = items;
	items[daemon->n_undeleted].address = change->address;
	strcpy(items[daemon->n_undeleted++].jail, change->jail);
	return 0;
}

int changes_delete_again(struct daemon *daemon)
{
	cleanup(changes_done) struct changes changes = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < daemon->n_undeleted; i++)
		r = changes_delete(&changes, daemon->undeleted[i].jail,
				   &daemon->undeleted[i].address);
	daemon->n_undeleted = 0;
	return r < 0 ? r : changes_apply(daemon, &changes);
}

/* It may be absent now though it was there: then that is no unban. */
static int forget_filled(struct daemon *daemon, const struct nft_change *change, uint64_t id)
{
	const struct ban *ban = ledger_get(daemon->ledger, id);
	char name[NFT_SET_NAME_SIZE];

	if (!ban || !ban->placed)
		return 0;
	commit_soon(daemon, 0);
	return ledger_set_filled(daemon->ledger,
				 nft_set_name(change->jail, change->address.family, name), 0);
}

static int judge(struct daemon *daemon, const struct nft_change *change, uint64_t id, int *error)
{
	if (change->operation == NFT_DELETE && change->error == -ENOENT)
		return 0; /* it went with its set */
	if (change->error < 0)
		*error = change->error;
	else if (id)
		ledger_place(daemon->ledger, id);
	if (change->error < 0 && id && forget_filled(daemon, change, id) < 0)
		return -ENOMEM;
	return change->error < 0 && change->operation == NFT_DELETE ? remember(daemon, change) : 0;
}

void changes_hand_over(struct changes *changes, struct nft_change **ret, size_t *ret_n)
{
	for (size_t i = 0; i < changes->n; i++) {
		changes->items[i].jail = changes->names[i];
		changes->items[i].comment = changes->ids[i] ? changes->comments[i] : NULL;
	}
	*ret = changes->items;
	*ret_n = changes->n;
}

void changes_taken(struct daemon *daemon, const struct changes *changes)
{
	daemon->rewritten = daemon->rewritten || changes->n > 0;
	for (size_t i = 0; i < changes->n; i++)
		ledger_place(daemon->ledger, changes->ids[i]);
}

int changes_apply(struct daemon *daemon, struct changes *changes)
{
	struct nft_change *items;
	int r, error = 0;
	size_t n;

	if (changes->n == 0 || daemon->dry_run)
		return 0;
	daemon->rewritten = true;
	changes_hand_over(changes, &items, &n);
	r = nft_apply(daemon->nft, items, n);
	for (size_t i = 0; i < changes->n; i++)
		if (judge(daemon, &changes->items[i], changes->ids[i], &error) < 0)
			return -ENOMEM;
	if (error == 0 && r >= 0) {
		daemon->kernel_failing = false;
		return 0;
	}
	return changes_complain(daemon, "change the bans in the kernel", error < 0 ? error : r);
}
