// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/types.h"
#include "observe/text.h"

size_t utf8_len(const char *bytes, size_t left)
{
	static const struct {
		unsigned char lead, mask;
		u32 first; /* smaller values are overlong */
	} forms[] = {{0x00, 0x80, 0}, {0xc0, 0xe0, 0x80}, {0xe0, 0xf0, 0x800}, {0xf0, 0xf8, 0x10000}};

	const unsigned char *s = (const unsigned char *)bytes;

	for (size_t n = 0; n < ARRAY_SIZE(forms); n++) {
		u32 c = s[0] & (unsigned char)~forms[n].mask;

		if ((s[0] & forms[n].mask) != forms[n].lead)
			continue;
		if (n >= left)
			return 0;
		for (size_t i = 1; i <= n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3f);
		}
		return c >= forms[n].first && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? n + 1 : 0;
	}
	return 0;
}

void put_json_string(FILE *out, const char *s, size_t len)
{
	putc('"', out);
	for (size_t i = 0; i < len;) {
		size_t n = utf8_len(s + i, len - i);

		if (!n)
			fputs("\xef\xbf\xbd", out);
		else if (n == 1 && ((unsigned char)s[i] < 0x20 || s[i] == 0x7f || s[i] == '<' || s[i] == '"' || s[i] == '\\'))
			fprintf(out, "\\u%04x", s[i]);
		else
			fwrite(s + i, 1, n, out);
		i += n ? n : 1;
	}
	putc('"', out);
}
