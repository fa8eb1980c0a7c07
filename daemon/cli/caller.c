#include "cli/caller.h"

#include <errno.h>
#include <systemd/sd-login.h>
#include <unistd.h>

int caller_find(struct address *ret)
{
	const char *connection = getenv("SSH_CONNECTION"); /* "CLIENT PORT SERVER PORT" */
	cleanup(freep) char *session = NULL, *host = NULL;
	int r;

	if (connection &&
	    address_parse((struct span){ connection, strcspn(connection, " ") }, ret) >= 0)
		return 1;
	r = sd_pid_get_session(getpid(), &session);
	if (r >= 0)
		r = sd_session_get_remote_host(session, &host);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return host && address_parse(span_of(host), ret) >= 0;
}
