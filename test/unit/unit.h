#ifndef BANISH_UNIT_H
#define BANISH_UNIT_H

/* cmocka wants these four first, in this order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka 2 has a name for each kind of number, and warns of the one for all. */
#ifdef assert_uint_in_range
#undef assert_in_range
#define assert_in_range assert_uint_in_range
#endif

#endif
