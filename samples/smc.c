// SPDX-License-Identifier: GPL-2.0-or-later
// smc: self-modifying code: a function is written into memory, called, changed under its own feet, called
// again.
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
	// mov eax, imm32; ret
	static const unsigned char code[] = {0xb8, 0, 0, 0, 0, 0xc3};
	unsigned char *p =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*function)(void) = (int (*)(void))p;
	int sum = 0;

	if (p == MAP_FAILED)
		return 1;
	memcpy(p, code, sizeof(code));
	for (int i = 1; i <= 1000; i++) {
		memcpy(p + 1, &i, sizeof(i));
		sum += function();
	}
	printf("1 + 2 + ... + 1000 = %d, by 1000 versions of one function\n", sum);
	return sum != 500500;
}
