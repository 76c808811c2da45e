/* SPDX-License-Identifier: GPL-2.0-or-later */
/* descriptors.h: how many descriptors this process has open, for comparing before and after. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <dirent.h>

static inline int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

#endif
