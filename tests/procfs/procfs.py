#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program reads about itself under /proc, natively (under setarch -R) and under ulk.

show.c prints the files in sections; every section must be equal, but for the fields listed here, each with
its reason. Without --ulk two native runs are compared: the referee must agree with itself.
"""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

# stat, by the field numbers of proc(5).
STAT_IGNORED = {
    1: 'pid', 4: 'parent', 5: 'process group', 6: 'session', 8: "terminal's group",
    10: "minflt: what is in the page cache decides, and the kernel's own faults in execve",
    11: "cminflt", 12: 'majflt', 13: 'cmajflt', 14: 'utime', 15: 'stime', 16: 'cutime', 17: 'cstime',
    22: 'start time', 24: 'rss: per-CPU counters, read without being summed up', 39: 'processor',
    42: 'blkio delays', 43: 'guest time', 44: 'guest time of children',
}
# status, by label.
STATUS_IGNORED = {
    'Tgid': 'pid', 'Pid': 'pid', 'PPid': 'parent', 'NStgid': 'pid', 'NSpid': 'pid', 'NSpgid': 'group',
    'NSsid': 'session', 'voluntary_ctxt_switches': 'scheduling', 'nonvoluntary_ctxt_switches': 'scheduling',
    'FDSize': 'the table keeps the size it once had, in the parent even',
    'SigQ': "signals queued for the user, in all processes",
}
# Resident memory depends on what of the file is in the page cache (fault-around): bounded, not equal.
STATUS_NEAR = {'VmHWM': 300, 'VmRSS': 300, 'RssAnon': 40, 'RssFile': 300}
# AT_HWCAP, AT_HWCAP2, AT_MINSIGSTKSZ: the CPU's; AT_EXECFN and the like are addresses and must agree.
AUXV_IGNORED = {16, 26, 51}


def near(label, a, b, tolerance, notes):
    x, y = int(a.split()[0]), int(b.split()[0])
    if abs(x - y) > tolerance:
        notes.append('%s: native %s, ulk %s' % (label, a.strip(), b.strip()))


def compare_stat(a, b, notes):
    def split(line):
        head, tail = line.rsplit(')', 1)
        return [head.split(' ', 1)[0], head.split(' ', 1)[1] + ')'] + tail.split()
    a, b = split(a[0]), split(b[0])
    if len(a) != len(b):
        notes.append('stat: native has %d fields, ulk %d' % (len(a), len(b)))
    for n, (x, y) in enumerate(zip(a, b), 1):
        if x != y and n not in STAT_IGNORED:
            notes.append('stat field %d: native %s, ulk %s' % (n, x, y))


def compare_statm(a, b, notes):
    a, b = [int(x) for x in a[0].split()], [int(x) for x in b[0].split()]
    for n, name in enumerate(('size', 'resident', 'shared', 'text', 'lib', 'data', 'dt')):
        if name in ('resident', 'shared'):
            near('statm ' + name, str(a[n]), str(b[n]), 75, notes)
        elif a[n] != b[n]:
            notes.append('statm %s: native %d, ulk %d' % (name, a[n], b[n]))


def compare_status(a, b, notes):
    def rows(lines):
        return [tuple(line.split(':', 1)) for line in lines if line]
    a, b = rows(a), rows(b)
    if [x[0] for x in a] != [x[0] for x in b]:
        notes.append('status: other lines: native %s, ulk %s' % ([x[0] for x in a], [x[0] for x in b]))
    b = dict(b)
    for label, value in a:
        if label in STATUS_NEAR:
            near(label, value, b.get(label, '0'), STATUS_NEAR[label], notes)
        elif label not in STATUS_IGNORED and b.get(label) != value:
            notes.append('status %s: native %s, ulk %s' % (label, value.strip(), b.get(label, 'none').strip()))


def compare_auxv(a, b, notes):
    def pairs(lines):
        words = [int(line, 16) for line in lines if line]
        return list(zip(words[::2], words[1::2]))
    a, b = pairs(a), pairs(b)
    if [x for x, _ in a] != [x for x, _ in b]:
        notes.append('auxv: native has %s, ulk %s' % ([x for x, _ in a], [x for x, _ in b]))
    b = dict(b)
    for key, value in a:
        if key not in AUXV_IGNORED and b.get(key) != value:
            notes.append('auxv %d: native %x, ulk %x' % (key, value, b.get(key, 0)))


def compare_text(a, b, notes):
    notes += list(difflib.unified_diff(a, b, 'native', 'ulk', lineterm='', n=0))


COMPARE = {'stat': compare_stat, 'statm': compare_statm, 'status': compare_status, 'auxv': compare_auxv}


def sections(out):
    result = {}
    for part in re.split(r'^== ', out, flags=re.M)[1:]:
        name, _, text = part.partition('\n')
        result[name] = text.split('\n')
    return result


def run(args, base, under, program, env, options):
    """In a directory that is new, yet has the same name each time: maps shows it."""
    work = os.path.join(base, 'd')
    os.mkdir(work)
    try:
        p = subprocess.run([args.launch, '-R', '-C', work] + options + under + program, env=env,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=120)
    finally:
        shutil.rmtree(work)
    return p.returncode, p.stdout.decode('utf-8', 'backslashreplace'), p.stderr.decode()


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--launch', required=True)
    p.add_argument('--ulk')
    p.add_argument('show', nargs='+', help='the program, linked in several ways')
    args = p.parse_args()
    args.ulk = args.ulk and os.path.abspath(args.ulk)
    env = {k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')}
    env.update({'PATH': '/bin:/usr/bin', 'LC_ALL': 'C', 'A_LONG_ONE': 'x' * 5000})
    variants = []
    for show in map(os.path.abspath, args.show):
        kind = os.path.basename(show).replace('procfs-show-', '')
        variants += [(kind, [show], env, []),
                     (kind + ' arguments', [show, 'a', '', 'two words', 'x' * 9000], dict(env, E='\n'), []),
                     (kind + ' unlimited stack', [show], env, ['-s', 'unlimited'])]
    lines, failed = [], 0
    if subprocess.run([args.launch, '-R', '/bin/true']).returncode:
        print('1..0 # SKIP setarch -R is not permitted here')
        return 0
    for variant, program, variant_env, options in variants:
        with tempfile.TemporaryDirectory() as base:
            native = run(args, base, [], program, variant_env, options)
            ulk = run(args, base, [args.ulk, 'run'] if args.ulk else [], program, variant_env, options)
        status_notes = [] if native[0] == 0 == ulk[0] else ['status: native %s, ulk %s: %s' % (native[0], ulk[0], ulk[2])]
        lines.append((variant + ': ends well', status_notes))
        a, b = sections(native[1]), sections(ulk[1])
        for name in a:
            notes = []
            if name not in b:
                notes = ['ulk did not get there']
            else:
                COMPARE.get(name.split()[-1] if name.split()[0] in ('first', 'later') else '',
                            compare_text)(a[name], b[name], notes)
            lines.append(('%s: %s' % (variant, name), notes))
    print('TAP version 13\n1..%d' % len(lines))
    for n, (name, notes) in enumerate(lines, 1):
        failed += bool(notes)
        print('%s %d - %s' % ('not ok' if notes else 'ok', n, name))
        for note in notes[:30]:
            print('# ' + note.encode('ascii', 'backslashreplace').decode().replace('\n', ' '))
    return 1 if failed else 0


sys.exit(main())
