// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's vDSO: what the kernel's own one exports, under the same names and symbol version, each
 * function being the system call of that name. (Reading the clock without a system call would need
 * the host's time-stamp counter, which the emulated CPU does not have.)
 *
 * __vdso_getrandom is left out: a C library falls back to the system call without it.
 */

/* Defined in assembly so that each is a leaf with correct unwind information and no stack use. */
#define VDSO_CALL(name, nr)                                  \
	__asm__(".pushsection .text, \"ax\", @progbits\n"    \
		".balign 16\n"                               \
		".globl __vdso_" #name "\n"                  \
		".type __vdso_" #name ", @function\n"        \
		".weak " #name "\n"                          \
		".type " #name ", @function\n"               \
		"__vdso_" #name ":\n"                        \
		#name ":\n"                                  \
		".cfi_startproc\n"                           \
		"mov $" #nr ", %eax\n"                       \
		"syscall\n"                                  \
		"ret\n"                                      \
		".cfi_endproc\n"                             \
		".size __vdso_" #name ", . - __vdso_" #name "\n" \
		".size " #name ", . - " #name "\n"           \
		".popsection")

VDSO_CALL(clock_gettime, 228);
VDSO_CALL(gettimeofday, 96);
VDSO_CALL(time, 201);
VDSO_CALL(getcpu, 309);
VDSO_CALL(clock_getres, 229);
