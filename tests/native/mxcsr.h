/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mxcsr.h: SSE's control and status register, read and written by its own instructions. */
#ifndef MXCSR_H
#define MXCSR_H

#include <stdint.h>

static inline uint32_t mxcsr(void)
{
	uint32_t v;

	__asm__ volatile("stmxcsr %0" : "=m"(v));
	return v;
}

static inline void set_mxcsr(uint32_t v)
{
	__asm__ volatile("ldmxcsr %0" : : "m"(v));
}

#endif
