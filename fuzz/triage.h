/* SPDX-License-Identifier: GPL-2.0-or-later */
/* triage: which of many inputs that make a program crash are the same bug. */
#ifndef ULK_FUZZ_TRIAGE_H
#define ULK_FUZZ_TRIAGE_H

#include "fuzz/fuzz.h"

struct triage_options {
	struct fuzz *fuzz;         /* what to run; ->input is the input at hand */
	char **argv;               /* what fuzz->load() loads: the input goes where it says @@, else to standard input */
	const char *dir;           /* with the inputs; or what afl-fuzz -o has made, whose crashes are taken */
	double timeout;            /* seconds; what takes longer hangs */
	unsigned frames;           /* how many have to be equal */
	volatile bool *interrupted;
};

/* Print a report for each group as it is found, and which there were, to standard output; progress to a terminal. The exit status:
 * 1 when an input did not end normally, 130 interrupted, 125 ulk failed. */
int fuzz_triage(const struct triage_options *o);

#endif
