#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Put the style and the scripts into page.html and write it as two C strings: what comes before the data, what behind."""
import sys


def c_string(name, text):
    data = text.encode()
    lines = [', '.join(str(b if b < 128 else b - 256) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    return 'extern const char %s[];\nconst char %s[] = {\n%s,\n0};\n' % (name, name, ',\n'.join(lines))


def main():
    page, style, *scripts = (open(name, encoding='utf-8').read() for name in sys.argv[1:-1])
    before, after = page.replace('/*STYLE*/', style).replace('/*SCRIPT*/', '\n'.join(scripts)).split('/*DATA*/')
    with open(sys.argv[-1], 'w', encoding='utf-8') as out:
        out.write('/* Made by observe/picture/embed.py. */\n')
        out.write(c_string('picture_before', before) + c_string('picture_after', after))


main()
