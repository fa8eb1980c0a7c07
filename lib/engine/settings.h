#ifndef BANISH_ENGINE_SETTINGS_H
#define BANISH_ENGINE_SETTINGS_H

/* What the policy, and who is ignored, says of an address: for the engine and whoever asks it. A
 * jail is an index, ENGINE_MANUAL or ENGINE_FORCED. */

#include "config/policy.h"
#include "engine/decision.h"

/* ENGINE_MANUAL and ENGINE_NO_JAIL have the defaults. */
const struct settings *settings_of(const struct engine *engine, unsigned jail);

/* Own addresses and gateways, beside ignoreip; copied, replaces what was set before. */
int engine_set_ignored(struct engine *engine, const struct prefix *prefixes, size_t n) must_check;
bool engine_ignores(struct engine *engine, const struct address *address);
/* A ban of the prefix would keep nobody out: all of it is ignored. */
bool engine_ignores_all(struct engine *engine, const struct prefix *prefix);
/* Whether jails without "banprivate" spare private and link-local sources; false at first. */
void engine_spare_private(struct engine *engine, bool spare);
/* The address is private, and this jail spares such. */
bool settings_spare(const struct engine *engine, unsigned jail, const struct address *address);
/* The jail reads a container: a private address there is rather the engine's than a client's. */
bool settings_is_container(const struct engine *engine, unsigned jail);
/* It is one of those, and nobody named it in ignoreip: ignored as our own, it hides clients. */
bool settings_hides(const struct engine *engine, unsigned jail, const struct address *address);

/* The network of an address, where that jail bans networks; else false, and of an address that
 * carries an IPv4 address: its neighbours are strangers. */
bool engine_network(const struct engine *engine, unsigned jail, const struct address *address,
		    struct prefix *ret);
/* The network of a network's ban, under this policy; false: the jail bans none any more. By hand
 * any can be banned. */
bool engine_network_of(const struct engine *engine, unsigned jail, const struct ban *ban,
		       struct prefix *ret);

/* Since when the address is banned in that jail, or its network; USEC_INFINITY: it is not. */
usec_t engine_banned_since(const struct engine *engine, unsigned jail,
			   const struct address *address, usec_t now);

/* What one offender is in that jail. */
struct prefix engine_prefix_of(const struct engine *engine, unsigned jail,
			       const struct address *address);
/* The length that the jail says, in bits: of most of its offenders. */
unsigned engine_length(const struct engine *engine, unsigned jail, uint8_t family);

#endif
