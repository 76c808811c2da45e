#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Malformed and merely odd executables: `tryexec FILE` natively and under ulk must print the same errno, die of
the same signal, or, where the file runs, show the same maps and layout (see payload.c)."""
import argparse
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from compare import BASE_ENV, Case, Runner  # noqa: E402

PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS = 0, 1, 2, 3, 4, 6, 7
PT_GNU_STACK, PT_GNU_PROPERTY = 0x6474e551, 0x6474e553
ET_EXEC, ET_DYN = 2, 3
R, W, X = 4, 2, 1
PAGE = 4096
U64 = 1 << 64


class Phdr:
    def __init__(self, type=PT_LOAD, flags=R, offset=0, vaddr=0, filesz=0, memsz=None, align=PAGE):
        self.type, self.flags, self.offset, self.vaddr = type, flags, offset, vaddr
        self.filesz, self.memsz, self.align = filesz, filesz if memsz is None else memsz, align

    def pack(self):
        return struct.pack('<IIQQQQQQ', self.type, self.flags, self.offset % U64, self.vaddr % U64,
                           self.vaddr % U64, self.filesz % U64, self.memsz % U64, self.align % U64)


class Elf:
    """A small program: page 0 has the headers, page 1 the code, page 2 data with a .bss behind it."""

    def __init__(self, payload, type=ET_EXEC, base=None):
        base = (0x400000 if type == ET_EXEC else 0) if base is None else base
        self.payload = payload
        self.ident = bytearray(b'\x7fELF\x02\x01\x01' + bytes(9))
        self.type, self.machine, self.version = type, 62, 1
        self.entry, self.phoff, self.shoff, self.flags = base + PAGE, 64, 0, 0
        self.ehsize, self.phentsize, self.phnum = 64, 56, None
        self.shentsize = self.shnum = self.shstrndx = 0
        self.text = Phdr(flags=R | X, offset=0, vaddr=base, filesz=2 * PAGE)
        self.data = Phdr(flags=R | W, offset=2 * PAGE, vaddr=base + 3 * PAGE, filesz=0x123, memsz=0x3456)
        self.stack = Phdr(PT_GNU_STACK, R | W, align=16)
        self.phdrs = [self.text, self.data, self.stack]
        self.interp_at = 0x800
        self.interp_bytes = b''
        self.cut = None

    def interp(self, path, **kw):
        data = path if isinstance(path, bytes) else path.encode() + b'\0'
        ph = Phdr(PT_INTERP, R, self.interp_at, 0, len(data), align=1)
        for k, v in kw.items():
            setattr(ph, k, v)
        self.interp_bytes = data
        self.phdrs.insert(0, ph)

    def build(self):
        phdrs = b''.join(p.pack() for p in self.phdrs)
        phnum = len(self.phdrs) if self.phnum is None else self.phnum
        head = bytes(self.ident) + struct.pack(
            '<HHIQQQIHHHHHH', self.type, self.machine, self.version, self.entry % U64, self.phoff % U64,
            self.shoff % U64, self.flags, self.ehsize, self.phentsize, phnum, self.shentsize, self.shnum,
            self.shstrndx)
        image = bytearray(3 * PAGE)
        image[0:64] = head
        if len(phdrs) <= self.interp_at - 64:
            image[64:64 + len(phdrs)] = phdrs
        image[self.interp_at:self.interp_at + min(len(self.interp_bytes), 0x700)] = self.interp_bytes[:0x700]
        image[PAGE:PAGE + len(self.payload)] = self.payload
        image[2 * PAGE:] = bytes(range(256)) * 16
        if len(phdrs) > self.interp_at - 64 and self.phoff == 3 * PAGE:
            image += phdrs
        return bytes(image) if self.cut is None else bytes(image[:self.cut])


class Corpus:
    """Files in one directory that both runs use, so that inode numbers in maps agree."""

    def __init__(self, top, tryexec, payload, ulk):
        self.top, self.tryexec, self.payload, self.ulk = top, tryexec, payload, ulk
        self.cases = []

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, data, mode=0o755):
        with open(self.path(name), 'wb') as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(self.path(name), mode)
        return self.path(name)

    def case(self, name, path=None, options=(), **kw):
        path = self.path(name) if path is None else path
        self.cases.append(Case(name, [self.tryexec] + list(options) + ['--', path], tree=False, timeout=30, **kw))

    def elf(self, name, change=None, type=ET_EXEC, base=None, **kw):
        e = Elf(self.payload, type, base)
        if change:
            change(e)
        self.write(name, e.build())
        self.case(name, **kw)

    def put(self, name, **fields):
        """An ELF with fields set: dotted names reach the segments (text__vaddr)."""
        kind = fields.pop('kind', ET_EXEC)

        def change(e):
            for key, value in fields.items():
                target, _, field = key.rpartition('__')
                setattr(getattr(e, target) if target else e, field, value)
        self.elf(name, change, kind)


def headers(c):
    c.elf('plain')
    c.elf('plain-dyn', type=ET_DYN)
    c.elf('dyn-linked-high', type=ET_DYN, base=0x10000000)
    for size in (0, 1, 3, 4, 15, 16, 18, 20, 24, 32, 40, 48, 52, 54, 56, 58, 63, 64, 65, 119, 120, 175, 176, 231,
                 232, 256, 4095, 4096, 4097, 8191, 8192, 8193, 0x2122):
        c.put('truncated-%d' % size, cut=size)
    for i, b in ((0, 0x7e), (1, ord('e')), (3, 0), (4, 1), (4, 0), (4, 9), (5, 2), (5, 0), (6, 0), (7, 255), (8, 9)):
        def change(e, i=i, b=b):
            e.ident[i] = b
        c.elf('ident-%d-is-%d' % (i, b), change)
    for v in (0, 1, 4, 5, 0xfe00, 0xffff):
        c.put('type-%d' % v, type=v)
    for v in (0, 2, 40, 183, 243, 0xffff):      # 3 and 6: i386, see elf32()
        c.put('machine-%d' % v, machine=v)
    for v in (0, 99):
        c.put('version-%d' % v, version=v)
    for v in (0, 1, 0x400000, 0x3fffff, 0x7fffffffefff, 0x7ffffffff000, 0x800000000000, 0xffffffff80000000, U64 - 1):
        c.put('entry-%x' % v, entry=v)
    for v in (0, 1, 63, 65, 3 * PAGE - 56 * 3, 3 * PAGE - 56 * 3 + 1, 3 * PAGE, 1 << 20, 1 << 32, (1 << 63) - 1, 1 << 63,
              U64 - 1, U64 - 168):
        c.put('phoff-%x' % v, phoff=v)
    for v in (0, 1, 32, 55, 57, 64, 65535):
        c.put('phentsize-%d' % v, phentsize=v)
    for v in (0, 1, 2, 4, 8, 210, 1170, 1171, 65535):
        c.put('phnum-%d' % v, phnum=v)
    for n in (1170, 1171):
        def many(e, n=n):
            e.phdrs += [Phdr(PT_NULL)] * (n - 3)
            e.phoff = 3 * PAGE
        c.elf('phdrs-%d-present' % n, many)
    for k, v in (('ehsize', 0), ('ehsize', 65535), ('shoff', U64 - 1), ('shnum', 65535), ('shentsize', 1),
                 ('shstrndx', 65535), ('flags', 0xffffffff)):
        c.put('%s-%x' % (k, v), **{k: v})


def segments(c):
    for kind, tag in ((ET_EXEC, ''), (ET_DYN, 'dyn-')):
        for v in (0, 1, 2 * PAGE + 1, 3 * PAGE, 16 * PAGE, 1 << 40, (1 << 63) - PAGE, 1 << 63, U64 - PAGE):
            c.put(tag + 'data-offset-%x' % v, kind=kind, data__offset=v)
        for v in (1, PAGE, 1 << 44, U64 - PAGE):
            c.put(tag + 'text-offset-%x' % v, kind=kind, text__offset=v)
        for v in (0x403001, 0x10000, 0x7ffffffde000, 0x7ffffffe0000, 0x7fffffffd000, 0x7fffffffe000, 0x7ffffffff000,
                  0x800000000000, 0xffffffff80000000, U64 - PAGE, 0x7ffff7ff8000, 0x7ffff7ffd000):
            c.put(tag + 'data-vaddr-%x' % v, kind=kind, data__vaddr=v)
        for v in (0, 0x124, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 1 << 40, (1 << 47) - PAGE, U64 - 1, U64 - PAGE):
            c.put(tag + 'data-filesz-%x' % v, kind=kind, data__filesz=v)
            c.put(tag + 'data-filesz-memsz-%x' % v, kind=kind, data__filesz=v, data__memsz=v)
        for v in (0, 1, 0x122, 0x123, 0x124, PAGE, PAGE + 1, 1 << 40, (1 << 47) - (1 << 31), (1 << 47) - PAGE,
                  1 << 47, U64 - 1, U64 - PAGE):
            c.put(tag + 'data-memsz-%x' % v, kind=kind, data__memsz=v)
        for v in (0, 1, 3, 16, 4095, 0x2000, 0x200000, 1 << 30, 1 << 46, 1 << 47, 1 << 63, U64 - 1):
            c.put(tag + 'align-%x' % v, kind=kind, text__align=v, data__align=v)
        for v in range(8):
            c.put(tag + 'data-flags-%d' % v, kind=kind, data__flags=v)
            c.put(tag + 'text-flags-%d' % v, kind=kind, text__flags=v)
        c.put(tag + 'data-flags-wild', kind=kind, data__flags=0xfffffff8 | R | W)
        c.put(tag + 'text-filesz-0', kind=kind, text__filesz=0)
        c.put(tag + 'text-filesz-over-memsz', kind=kind, text__memsz=PAGE)
        c.elf(tag + 'no-load', lambda e: setattr(e, 'phdrs', [e.stack]), kind)
        c.elf(tag + 'only-text', lambda e: setattr(e, 'phdrs', [e.text]), kind)
        c.elf(tag + 'only-data', lambda e: setattr(e, 'phdrs', [e.data]), kind)
        c.elf(tag + 'data-first', lambda e: setattr(e, 'phdrs', [e.data, e.text]), kind)
        c.elf(tag + 'text-twice', lambda e: e.phdrs.append(e.text), kind)
        c.elf(tag + 'no-gnu-stack', lambda e: e.phdrs.remove(e.stack), kind)
        c.elf(tag + 'exec-stack', lambda e: setattr(e.stack, 'flags', R | W | X), kind)
        c.elf(tag + 'two-gnu-stacks', lambda e: e.phdrs.append(Phdr(PT_GNU_STACK, X)), kind)

        def covered(e):     # .bss of an earlier segment over a later one, and the other way round
            e.data.memsz = 0x8000
            e.phdrs.append(Phdr(flags=R, offset=0, vaddr=e.data.vaddr + 0x4000, filesz=PAGE))
        c.elf(tag + 'file-over-bss', covered, kind)

        def bss_over(e):
            e.phdrs.insert(0, Phdr(flags=R, offset=0, vaddr=e.data.vaddr + 2 * PAGE, filesz=PAGE))
        c.elf(tag + 'bss-over-file', bss_over, kind)

        def overlap(e):
            e.data.vaddr, e.data.offset = e.text.vaddr + PAGE + 0xf80, PAGE + 0xf80
            e.data.filesz = e.data.memsz = 0x100
        c.elf(tag + 'overlap-last-page', overlap, kind)

        def bss_only(e):
            e.phdrs.append(Phdr(flags=R | W, vaddr=e.text.vaddr + 0x100123, memsz=0x5000))
        c.elf(tag + 'bss-segment', bss_only, kind)

        def bss_exec(e):
            e.data.flags = R | W | X
        c.elf(tag + 'bss-executable', bss_exec, kind)

        def bss_first(e):
            e.phdrs.insert(0, Phdr(flags=R | W, vaddr=e.text.vaddr + 0x200000, memsz=0x5000))
        c.elf(tag + 'bss-segment-first', bss_first, kind)

        def far(e):
            e.phdrs.append(Phdr(flags=R, offset=0, vaddr=e.text.vaddr + (1 << 45), filesz=PAGE))
        c.elf(tag + 'segments-far-apart', far, kind)

        def page_zero(e):
            e.phdrs.append(Phdr(flags=R, offset=0, vaddr=0, filesz=PAGE))
        c.elf(tag + 'segment-at-zero', page_zero, kind)
        for t in (PT_DYNAMIC, PT_NOTE, PT_PHDR, PT_TLS, PT_GNU_PROPERTY, 0x70000000, 0x7fffffff, 0xffffffff):
            def other(e, t=t):
                e.phdrs.append(Phdr(t, 7, U64 - 1, U64 - 1, U64 - 1, align=U64 - 1))
            c.elf(tag + 'wild-phdr-%x' % t, other, kind)

        def bad_property(e):
            e.phdrs.append(Phdr(PT_GNU_PROPERTY, R, PAGE, 0, 32))
        c.elf(tag + 'bad-gnu-property', bad_property, kind)
    for v in (0, 0x1000, 0x10000, 0x7ffff7ff0000, 0x7ffffffd0000, 0x7fffffff0000):
        c.elf('linked-at-%x' % v, base=v)
        c.elf('dyn-linked-at-%x' % v, type=ET_DYN, base=v)


def interpreters(c):
    good = Elf(c.payload, ET_DYN)
    c.write('ld-dyn', good.build())
    c.write('ld-exec', Elf(c.payload, ET_EXEC, 0x10000000).build())
    c.write('ld-same', Elf(c.payload, ET_EXEC).build())
    c.write('ld-short', b'\x7fELF')
    c.write('ld-text', b'no ELF at all, but long enough to look at\n' * 10)
    c.write('ld-script', '#!/bin/sh\n' + '# a comment\n' * 20)
    c.write('ld-mode', good.build(), 0o644)
    c.write('ld-rel', Elf(c.payload, 1).build())
    for name, change in {
            'ld-machine': dict(machine=183), 'ld-phnum0': dict(phnum=0), 'ld-phentsize': dict(phentsize=32),
            'ld-phoff': dict(phoff=1 << 40), 'ld-phnum': dict(phnum=65535), 'ld-entry': dict(entry=1 << 47),
            'ld-entry0': dict(entry=0), 'ld-type': dict(type=4)}.items():
        e = Elf(c.payload, ET_DYN)
        for k, v in change.items():
            setattr(e, k, v)
        c.write(name, e.build())
    e = Elf(c.payload, ET_DYN)
    e.phdrs = [e.stack]
    c.write('ld-noload', e.build())
    e = Elf(c.payload, ET_DYN)
    e.data.memsz = 1 << 47
    c.write('ld-memsz', e.build())
    e = Elf(c.payload, ET_DYN)
    e.data.filesz = 0x5000
    c.write('ld-filesz', e.build())
    e = Elf(c.payload, ET_DYN)
    e.interp('/nowhere')
    c.write('ld-interp', e.build())
    e = Elf(c.payload, ET_DYN)
    e.text.align = 0x200000
    c.write('ld-align', e.build())
    os.mkdir(c.path('ld-dir'))
    os.mkfifo(c.path('ld-fifo'), 0o755)
    os.symlink('ld-loop', c.path('ld-loop'))
    os.symlink(c.path('ld-dyn'), c.path('ld-link'))
    names = ['ld-dyn', 'ld-exec', 'ld-same', 'ld-short', 'ld-text', 'ld-script', 'ld-mode', 'ld-rel', 'ld-machine',
             'ld-phnum0', 'ld-phentsize', 'ld-phoff', 'ld-phnum', 'ld-entry', 'ld-entry0', 'ld-type', 'ld-noload',
             'ld-memsz', 'ld-filesz', 'ld-interp', 'ld-align', 'ld-dir', 'ld-fifo', 'ld-loop', 'ld-link', 'ld-none',
             'ld-dyn/x', 'ld-dir/none', 'n' * 300]
    for name in names:
        for kind, tag in ((ET_EXEC, 'exec'), (ET_DYN, 'dyn')):
            c.elf('interp-%s-%s' % (tag, name.replace('/', '_')[:20]), lambda e: e.interp(c.path(name)), kind)
    c.elf('interp-null-device', lambda e: e.interp('/dev/null'))
    c.elf('interp-empty', lambda e: e.interp(b'\0'))
    c.elf('interp-empty-2', lambda e: e.interp(b'\0\0'))
    c.elf('interp-no-nul', lambda e: e.interp(c.path('ld-dyn').encode()))
    c.elf('interp-size-0', lambda e: e.interp(c.path('ld-dyn'), filesz=0))
    c.elf('interp-size-1', lambda e: e.interp(c.path('ld-dyn'), filesz=1))
    c.elf('interp-inner-nul', lambda e: e.interp(c.path('ld-dyn').encode() + b'\0junk\0'))
    for v in (4095, 4096, 4097, 1 << 40, U64 - 1):
        c.elf('interp-size-%x' % v, lambda e: e.interp(c.path('ld-dyn'), filesz=v))
    for v in (3 * PAGE - 2, 3 * PAGE - 3, 3 * PAGE, 1 << 40, (1 << 63) - 1, 1 << 63, U64 - 4):
        c.elf('interp-offset-%x' % v, lambda e: e.interp(c.path('ld-dyn'), offset=v, filesz=3))

    def two(e):
        e.interp('/nowhere')
        e.phdrs.insert(0, Phdr(PT_INTERP, R, e.interp_at + 64, 0, len(c.path('ld-dyn')) + 1))
        e.interp_bytes = e.interp_bytes.ljust(64, b'\0') + c.path('ld-dyn').encode() + b'\0'
    c.elf('interp-two', two)

    def itself(e):
        e.interp(c.path('interp-itself'))
    c.elf('interp-itself', itself, ET_DYN)

    def aligned(e):
        e.interp(c.path('ld-dyn'))
        e.text.align = 1 << 40
    c.elf('interp-program-align-1T', aligned, ET_DYN)


def scripts(c):
    prog = c.path('plain')
    for name, text in {
            'script': '#!%s\n', 'script-space': '#!  \t %s \t \n', 'script-arg': '#!%s one two\n',
            'script-no-newline': '#!%s', 'script-no-newline-arg': '#!%s one', 'script-crlf': '#!%s\r\n',
            'script-nul': '#!%s\0junk\n', 'script-nul-arg': '#!%s x\0y\n', 'script-tab': '#!%s\targ\n',
            'script-two-lines': '#!\n%s\n', 'script-space-before': ' #!%s\n', 'script-hash': '#%s\n'}.items():
        c.write(name, text % prog)
        c.case(name)
    for name, text in {
            'script-empty': '#!', 'script-newline': '#!\n', 'script-blanks': '#!   \n', 'script-blanks-eof': '#!   ',
            'script-all-blanks': '#!' + ' ' * 300 + '/bin/true\n', 'script-none': '#!/nowhere\n',
            'script-dir': '#!/tmp\n', 'script-null': '#!/dev/null\n', 'script-relative': '#!nowhere-at-all\n',
            'script-text': '#!' + c.path('ld-text') + '\n', 'script-mode': '#!' + c.path('ld-mode') + '\n',
            'script-short': '#!' + c.path('ld-short') + '\n', 'script-notdir': '#!' + prog + '/x\n'}.items():
        c.write(name, text)
        c.case(name)
    # Paths that end around the 256th byte, with and without something after them.
    for n in (252, 253, 254, 255, 256):
        pad = '/' * (n - 2 - len(prog)) if n - 2 > len(prog) else ''
        for tag, tail in (('newline', '\n'), ('space', ' x\n'), ('eof', ''), ('more', 'x\n')):
            name = 'script-%d-%s' % (n, tag)
            c.write(name, '#!' + pad + prog + tail)
            c.case(name)
    c.write('script-long-arg', '#!%s %s\n' % (prog, 'a' * 400))
    c.case('script-long-arg')
    c.write('script-itself', '#!' + c.path('script-itself') + '\n')
    c.case('script-itself')
    previous = prog
    for depth in range(1, 9):
        name = 'script-depth-%d' % depth
        previous = c.write(name, '#!%s %d\n' % (previous, depth))
        c.case(name)
        c.case(name + '-no-argv', path=c.path(name), options=['-0'])


def paths(c):
    prog = c.path('plain')
    c.write('mode-0', b'', 0)
    c.write('mode-644', open(prog, 'rb').read(), 0o644)
    c.write('mode-001', open(prog, 'rb').read(), 0o001)
    c.write('mode-100', open(prog, 'rb').read(), 0o100)
    c.write('text', 'just text\n')
    for name in ('mode-0', 'mode-644', 'mode-001', 'mode-100', 'text'):
        if name == 'mode-100' and os.geteuid():
            continue        # ulk must read what it runs; the kernel need not
        c.case('path-' + name, path=c.path(name))
    for name in ('ld-dir', 'ld-fifo', 'ld-loop', 'ld-link', 'ld-none', 'plain/', 'ld-dir/', 'plain/x', 'ld-dir/none',
                 'n' * 255, 'n' * 256):
        c.case('path-' + name.replace('/', '_')[:20] + str(len(name)), path=c.path(name))
    for name in ('', '/', '.', '..', '/dev/null', '/proc/self/maps', '/' + 'x/' * 2100):
        c.case('path-%s' % (name.replace('/', '_')[:20] or 'empty'), path=name)
    # Of their own: the other cases run at the same time, and must not find theirs held open.
    c.case('busy', path=c.write('plain-held', open(prog, 'rb').read()), options=['-w'])
    c.case('busy-script', path=c.write('script-held', '#!%s\n' % prog), options=['-w'])
    c.case('argv-empty', path=prog, options=['-0'])
    c.case('argv-null', path=prog, options=['-N'])
    c.case('argv-empty-no-env', path=prog, options=['-0', '-e'])
    for n in (131070, 131071, 131072, 200000):
        c.case('arg-%d' % n, path=prog, options=['-a', str(n)])
    # Where the sum is too much: 128 KiB with a stack of 256 KiB, 2 MiB with the usual one, 6 MiB at most.
    for stack, total in (('100', 131072), ('256', 131072), ('1024', 262144), ('8192', 2 << 20),
                         ('unlimited', 6 << 20)):
        room = total - 8 * 2 - 2 * (len(prog) + 1)
        options = ['-e']
        while room > 100000:
            options += ['-a', '99991']
            room -= 99992 + 8
        room -= 8
        for d in (-2, -1, 0, 1, 2, 8, 16):
            if room + d > 0:
                c.case('sum-stack-%s%+d' % (stack, d), path=prog, stack=stack,
                       options=options + ['-a', str(room + d)])
    for n in (1000, 14000, 14500, 15000, 100000):
        c.case('pointers-%d' % n, path=prog, stack='256', options=['-e', '-n', str(n)])
    for stack in ('4', '8', '12', '16', '32', '64', '131'):
        # Set by the guest: ulk's own process needs a stack, too.
        c.case('tiny-stack-' + stack, path=prog, options=['-e', '-s', stack])
        c.case('tiny-stack-%s-arg' % stack, path=prog, options=['-e', '-s', stack, '-a', '20000'])


def personalities(c):
    # ADDR_COMPAT_LAYOUT, MMAP_PAGE_ZERO, READ_IMPLIES_EXEC, ADDR_LIMIT_3GB and 32BIT, STICKY_TIMEOUTS, all.
    for bits in (0x0200000, 0x0100000, 0x0400000, 0x8000000, 0x0800000, 0x4000000, 0x4740000):
        for name in ('plain', 'plain-dyn', 'no-gnu-stack', 'exec-stack', 'interp-dyn-ld-dyn', 'interp-exec-ld-dyn',
                     'segment-at-zero', 'dyn-align-200000', 'script'):
            c.case('personality-%x-%s' % (bits, name), path=c.path(name), options=['-p', hex(bits)])
            c.case('personality-%x-unlimited-%s' % (bits, name), path=c.path(name), stack='unlimited',
                   options=['-p', hex(bits)])


EDGES = [0, 1, 2, 3, 4, 7, 16, 55, 56, 57, 63, 64, 0xfff, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE, 0x10000, 0x400000,
         0x401000, 0x403000, 1 << 31, 1 << 32, 1 << 40, (1 << 47) - PAGE, (1 << 47) - 2 * PAGE, 1 << 47,
         (1 << 63) - 1, 1 << 63, U64 - PAGE, U64 - 1, 0x7ffff7ff0000, 0x7ffffffde000, 0x555555554000]


def random_elf(rnd, c):
    e = Elf(c.payload, rnd.choice((ET_EXEC, ET_DYN)))
    if rnd.random() < .3:
        e.interp(c.path(rnd.choice(('ld-dyn', 'ld-exec', 'ld-same', 'ld-align', 'ld-memsz'))))
    for _ in range(rnd.randint(0, 2)):
        e.phdrs.append(Phdr(rnd.choice((PT_LOAD, PT_LOAD, PT_LOAD, PT_PHDR, PT_GNU_STACK)), rnd.randint(0, 7),
                            rnd.choice(EDGES), e.text.vaddr + rnd.choice(EDGES), rnd.choice(EDGES),
                            rnd.choice(EDGES), rnd.choice(EDGES)))
    for _ in range(rnd.randint(0, 4)):
        ph = rnd.choice(e.phdrs)
        field = rnd.choice(('flags', 'offset', 'vaddr', 'filesz', 'memsz', 'align', 'memsz', 'vaddr'))
        value = rnd.choice(EDGES)
        if field == 'flags':
            value = rnd.randint(0, 7)
        elif rnd.random() < .5:
            value = (getattr(ph, field) + rnd.choice((-PAGE, PAGE, 1, -1, 0x123, 0x10000))) % U64
        setattr(ph, field, value)
    if rnd.random() < .3:
        rnd.shuffle(e.phdrs)
    image = bytearray(e.build())
    if rnd.random() < .3:
        for _ in range(rnd.randint(1, 3)):
            image[rnd.randrange(64 + 56 * len(e.phdrs))] = rnd.randrange(256)
    return bytes(image)


def random_elves(c, seed, count):
    rnd = random.Random(seed)
    for i in range(count):
        name = 'random-%d-%d' % (seed, i)
        image = random_elf(rnd, c)
        if image[18:20] not in (b'\3\0', b'\6\0'):       # i386, see elf32()
            c.write(name, image)
            c.case(name)


def elf32(c):
    """Natively it runs; ulk must say clearly that it cannot. Returns what is wrong, or None."""
    code = b'\xb8\x01\x00\x00\x00\xbb\x2a\x00\x00\x00\xcd\x80'
    head = b'\x7fELF\x01\x01\x01' + bytes(9) + struct.pack('<HHIIIIIHHHHHH', 2, 3, 1, 0x8048060, 52, 0, 0, 52, 32, 1,
                                                            0, 0, 0)
    head += struct.pack('<IIIIIIII', 1, 0, 0x8048000, 0x8048000, 0x60 + len(code), 0x60 + len(code), 5, PAGE)
    path = c.write('elf32', head.ljust(0x60, b'\0') + code)
    p = subprocess.run([c.ulk, 'run', path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=BASE_ENV)
    if p.returncode != 126:
        return 'exit %d instead of 126' % p.returncode
    return None if b'32-bit' in p.stderr else 'message: %r' % p.stderr


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--launch', required=True)
    ap.add_argument('--tryexec', required=True)
    ap.add_argument('--payload', required=True)
    ap.add_argument('--ulk', help='without it two native runs are compared')
    ap.add_argument('--only')
    ap.add_argument('--random', type=int, default=300, metavar='COUNT', help='random files as well (default 300)')
    ap.add_argument('--seed', type=int, default=1)
    ap.add_argument('--keep', help='leave the files in this directory')
    opt = ap.parse_args()
    top = opt.keep or tempfile.mkdtemp(prefix='ulk-elf-')
    os.makedirs(top, exist_ok=True)
    os.chmod(top, 0o755)
    with open(opt.payload, 'rb') as f:
        payload = f.read()
    c = Corpus(top, os.path.abspath(opt.tryexec), payload, opt.ulk and os.path.abspath(opt.ulk))
    try:
        for part in (headers, segments, interpreters, scripts, paths, personalities):
            part(c)
        random_elves(c, opt.seed, opt.random)
        cases = [x for x in c.cases if not opt.only or opt.only in x.name]
        failed = Runner(os.path.abspath(opt.launch), c.ulk).run_all(cases)
        wrong = elf32(c) if c.ulk and not opt.only else None
        if wrong:
            print('# elf32: ' + wrong)
    finally:
        if not opt.keep:
            shutil.rmtree(top, ignore_errors=True)
    return 1 if failed or wrong else 0


if __name__ == '__main__':
    sys.exit(main())
