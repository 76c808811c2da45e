/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text: bytes of any kind as text that JSON and HTML can hold.
 */
#ifndef ULK_OBSERVE_TEXT_H
#define ULK_OBSERVE_TEXT_H

#include <stdio.h>

/* Length of the valid UTF-8 sequence at @s (1 to 4 of @left bytes), or 0. */
size_t utf8_len(const char *s, size_t left);
/* A JSON string that may stand inside an HTML script element: "<" is escaped, what is not UTF-8 becomes U+FFFD. */
void put_json_string(FILE *out, const char *s, size_t len);

#endif
