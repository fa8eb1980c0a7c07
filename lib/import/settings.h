#ifndef BANISH_IMPORT_SETTINGS_H
#define BANISH_IMPORT_SETTINGS_H

/* How often, how long, which ports: what a jail says besides its filter. */

#include "import/interpolate.h"
#include "import/jail.h"

/* maxretry, findtime, bantime and how it grows. What banish cannot do so is noted. */
void settings_read(struct scope *scope, struct import_value values[static N_KEYS],
		   struct import_note **notes);

/* "action": what it closes, and how. False: nothing that banish closes, and the jail has the
 * reason. */
bool settings_read_action(struct import *import, struct scope *scope, struct import_jail *jail);

/* Of [DEFAULT] and of all jails that are on, as there is one ignoreip for all. */
void settings_read_ignoreip(struct import *import, struct scope *scope, struct text *list);

#endif
