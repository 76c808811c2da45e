#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`ulk run --report`: does it say why a program died, and where?"""
import argparse
import os
import pty
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position

# How crash.c dies: the signal, the cause in words, and frames that the backtrace must have, in this order.
CASES = {
    'null': ('SIGSEGV', r'write to 0x0: a null pointer$', ['poke', 'die', 'main']),
    'member': ('SIGSEGV', r"write to 0x18: a null pointer's member$", ['poke', 'die', 'main']),
    'rodata': ('SIGSEGV', r'write to 0x\w+: a read-only page of \S+/crash \(\.rodata\)$', ['poke', 'die', 'main']),
    'deep': ('SIGSEGV', r'write to 0x7fff\w+: stack overflow: the limit is 8 MiB$', ['deep', 'deep', 'die', 'main']),
    'heap': ('SIGSEGV', r'write to 0x\w+: nothing is mapped there; 1 byte past the heap$', ['poke', 'die', 'main']),
    'none': ('SIGSEGV', r'write to 0x\w+: an inaccessible page \(PROT_NONE\) of an anonymous area$', ['poke', 'die']),
    'readonly': ('SIGSEGV', r'write to 0x\w+: a read-only page of an anonymous area$', ['poke', 'die', 'main']),
    'noexec': ('SIGSEGV', r'execution at 0x\w+: a page that is not executable, of an anonymous area$',
               ['?', 'die', 'main']),
    'wild': ('SIGSEGV', r'execution at 0x123456789000: nothing is mapped there$', ['?', 'die', 'main']),
    'noncanonical': ('SIGSEGV', r"general protection fault at `mov byte ptr \[\w+\], 1': write to 0x8000000000000000, a non-canonical address$",
                     ['poke', 'die', 'main']),
    'jump': ('SIGSEGV', r'execution at 0x8000000000000000: a non-canonical address$', ['?', 'die', 'main']),
    'smash': ('SIGSEGV', r'the return address on the stack leads to 0x4141414141414141: a non-canonical address$', ['?']),
    'smash_low': ('SIGSEGV', r'the return address on the stack leads to 0x414141414141: nothing is mapped there$', ['?']),
    'privileged': ('SIGSEGV', r"general protection fault at `hlt': a privileged instruction$", ['die', 'main']),
    'misaligned': ('SIGSEGV', r"general protection fault at `addps xmm0, xmmword ptr \[\w+\]': its operand is at 0x\w+, and must be at a multiple of 16$",
                   ['die', 'main']),
    'unmapped': ('SIGSEGV', r'write to 0x\w+: nothing is mapped there; .*unmapped by munmap\(0x\w+, 4096\) = 0$', ['poke', 'die', 'main']),
    'file': ('SIGBUS', r'access to 0x\w+: offset 0x1388 of \S+ \(deleted\), which has only 0x64 bytes$',
             ['poke', 'past_end_of_file', 'die']),
    'abort': ('SIGABRT', r'the program aborted itself$', ['abort', 'die', 'main']),
    'division': ('SIGFPE', r'integer division by zero', ['die', 'main']),
    'ud2': ('SIGILL', r"`ud2'$", ['die', 'main']),
    'avx': ('SIGILL', r"`vpxor ymm0, ymm0, ymm0': the emulated CPU has no AVX", ['die', 'main']),
    'thread': ('SIGSEGV', r'write to 0x0: a null pointer$', ['poke', 'thread']),
}


def run(opt, how, option):
    p = subprocess.run([opt.ulk, 'run', '--stack=8M'] + option + [opt.crash, how], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    return p.returncode, p.stderr.decode()


def check(opt, how):
    signal, cause, frames = CASES[how]
    status, text = run(opt, how, ['--report'])
    native = subprocess.run([opt.crash, how], stderr=subprocess.DEVNULL, check=False,
                            preexec_fn=lambda: __import__('resource').setrlimit(4, (0, 0))).returncode
    if how != 'avx' and status != native:
        return 'status %d, natively %d' % (status, native)
    head = text.split('\n', 1)[0]
    if not re.match(r'ulk: crash \(process \d+, thread \d+\) dies of %s: ' % signal, head) or not re.search(cause, head):
        return 'first line: %s' % head
    names = re.findall(r'^    #\d+ +(?:0x\w+|\(inlined\)) ([^\s+]+)', text, re.M)
    at = -1
    for frame in frames:
        wanted = '??' if frame == '?' else frame
        if wanted not in names[at + 1:]:
            return 'no frame %s in order: %s' % (wanted, names)
        at = names.index(wanted, at + 1)
    if opt.lines and 'die' in frames and not re.search(r' die\+0x\w+ at \S*crash\.c:\d+', text):
        return 'no source line of die()'
    if text.count(' => ') != (0 if how == 'wild' else 1) and how != 'wild':
        return 'the instruction is not marked'
    return None


def silent(opt):
    for option in ([], ['--report=never'], ['--report=auto']):
        _, text = run(opt, 'null', option)
        if text:
            return '%s printed without a terminal: %s' % (option, text)
    return None


def on_terminal(opt):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(opt.ulk, [opt.ulk, 'run', opt.crash, 'null'])
    text = b''
    try:
        while True:
            piece = os.read(fd, 4096)
            if not piece:
                break
            text += piece
    except OSError:
        pass
    os.waitpid(pid, 0)
    return None if b'a null pointer' in text else 'no report on a terminal: %r' % text


def handled(opt):
    """A signal that the program handles, or that does not end it, is not reported."""
    p = subprocess.run([opt.ulk, 'run', '--report', '/bin/sh', '-c', 'trap "echo caught" ABRT; kill -ABRT $$; exit 3'],
                       capture_output=True, check=False)
    return None if (p.returncode, p.stdout, p.stderr) == (3, b'caught\n', b'') else repr(p)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--ulk', required=True)
    ap.add_argument('--crash', required=True)
    ap.add_argument('--lines', action='store_true', help='crash.c was compiled with debug information')
    opt = ap.parse_args()
    opt.ulk, opt.crash = os.path.abspath(opt.ulk), os.path.abspath(opt.crash)
    tests = [(how, lambda h=how: check(opt, h)) for how in CASES]
    tests += [(f.__name__, lambda g=f: g(opt)) for f in (silent, on_terminal, handled)]
    return tap.run(tests)


if __name__ == '__main__':
    sys.exit(main())
