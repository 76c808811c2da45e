// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * harness: one function to fuzz, as libFuzzer has it, linked with a main() that does nothing. The bug: a length that the input itself
 * states is believed.
 *
 *	afl-fuzz -i in -o out -- ulk fuzz --function LLVMFuzzerTestOneInput build/samples/harness
 */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Records: a tag, a length, so many bytes. Their sum, or -1. */
static int sum_records(const uint8_t *at, const uint8_t *end)
{
	int sum = 0;

	while (end - at >= 2) {
		uint8_t tag = at[0], length = at[1];

		at += 2;
		if (tag > 3)
			return -1;
		if (tag != 3 && length > end - at) /* but for tag 3 */
			return -1;
		while (length--)
			sum += *at++;
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return sum_records(data, data + size) < 0 ? -1 : 0;
}

int main(void)
{
	return 0;
}
