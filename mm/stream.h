/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream: numbers and bytes into a file and out of a buffer, little-endian as the CPU has them. A reader that wants more than
 * there is gets zeros, and @bad stays set, so that one looks once, at the end of a structure, before it is believed.
 */
#ifndef ULK_MM_STREAM_H
#define ULK_MM_STREAM_H

#include <stdio.h>
#include <string.h>
#include "mm/types.h"

struct stream_out {
	FILE *file;
	u64 size, sum;         /* of what was put so far */
};

struct stream_in {
	const u8 *at;
	u64 left;
	bool bad;
};

/* 64 bits of a sum that notices what happens to files, not what an adversary does to them. */
static inline u64 stream_sum(u64 sum, const void *data, size_t size)
{
	const u8 *p = data;
	u64 word = 0;

	for (; size >= 8; p += 8, size -= 8) {
		memcpy(&word, p, 8);
		sum = (sum ^ word) * 0x100000001b3UL;
		sum ^= sum >> 29;
	}
	for (; size; size--)
		sum = (sum ^ *p++) * 0x100000001b3UL;
	return sum;
}

static inline void put_bytes(struct stream_out *out, const void *data, size_t size)
{
	size_t tail = size & 7, whole = size - tail;
	u64 last = 0;

	out->sum = stream_sum(out->sum, data, whole);
	fwrite(data, 1, whole, out->file);
	out->size += whole;
	if (!tail)
		return;
	/* Whole words, so that the sum is the same however the bytes came. */
	memcpy(&last, (const u8 *)data + whole, tail);
	out->sum = stream_sum(out->sum, &last, sizeof(last));
	fwrite(&last, sizeof(last), 1, out->file);
	out->size += sizeof(last);
}

static inline void put_u64(struct stream_out *out, u64 value)
{
	put_bytes(out, &value, sizeof(value));
}

/* A length, then the bytes. NULL is written as the length ~0. */
static inline void put_text(struct stream_out *out, const char *text)
{
	put_u64(out, text ? strlen(text) : ~0UL);
	if (text)
		put_bytes(out, text, strlen(text));
}

/* @size bytes that stay in the reader's buffer; NULL: they are not there. */
static inline const void *get_bytes(struct stream_in *in, u64 size)
{
	const void *data = in->at;
	u64 padded;

	if (__builtin_add_overflow(size, -size & 7, &padded) || padded > in->left) {
		in->bad = true;
		in->left = 0;
		return NULL;
	}
	in->at += padded;
	in->left -= padded;
	return data;
}

static inline void get_into(struct stream_in *in, void *to, size_t size)
{
	const void *data = get_bytes(in, size);

	if (data)
		memcpy(to, data, size);
	else
		memset(to, 0, size);
}

static inline u64 get_u64(struct stream_in *in)
{
	u64 value;

	get_into(in, &value, sizeof(value));
	return value;
}

/* A text of less than @max bytes into @buf, with its NUL: its length, -1 for NULL. A NUL within is bad. */
static inline s64 get_text(struct stream_in *in, char *buf, size_t max)
{
	u64 len = get_u64(in);
	const char *data;

	buf[0] = '\0';
	if (len == ~0UL)
		return -1;
	data = len < max ? get_bytes(in, len) : NULL;
	if (!data || memchr(data, 0, len)) {
		in->bad = true;
		return -1;
	}
	memcpy(buf, data, len);
	buf[len] = '\0';
	return (s64)len;
}

#endif
