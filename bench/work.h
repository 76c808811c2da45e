/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ULK_BENCH_WORK_H
#define ULK_BENCH_WORK_H

#include <stdint.h>

/* SHA-256 over scale MiB; returns the first 8 bytes of the last digest. */
uint64_t do_sha256(long scale);

#endif
