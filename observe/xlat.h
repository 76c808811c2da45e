/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xlat: the names of flags and constants, a table each (xlat_NAME). Defined in xlat*.c; in the order in which
 * strace prints them.
 */
#ifndef ULK_OBSERVE_XLAT_H
#define ULK_OBSERVE_XLAT_H

#include "observe/decode.h"

#define XLAT_TABLE(name) extern const struct xlat xlat_##name[];
#include "observe/xlat_list.h"
#undef XLAT_TABLE

#endif
