#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn the linked vDSO into a C array: embed.py vdso.so image.c"""
import sys

data = open(sys.argv[1], 'rb').read()
if data[:4] != b'\x7fELF' or len(data) > 8192:
    sys.exit('embed.py: not an ELF image of at most two pages')
with open(sys.argv[2], 'w') as out:
    out.write('/* Made from vdso/vdso.c by vdso/embed.py. */\n#include "loader/internal.h"\n\n')
    out.write(f'const unsigned ulk_vdso_image_size = {len(data)};\nconst u8 ulk_vdso_image[] = {{\n')
    for i in range(0, len(data), 16):
        out.write('\t' + ' '.join(f'{b},' for b in data[i:i + 16]) + '\n')
    out.write('};\n')
