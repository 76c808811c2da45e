#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run each program of tests/native natively and under ulk and compare (see tests/lib/compare.py).

How a program is run stands in its source, one line per run; without such a line it runs once, plainly:

    // TEST: [LABEL] [stack=KB|unlimited] [env=empty|N] [args=N] [via=abs|rel|symlink] [argv0=TEXT]
    //       [stdin=TEXT] [timeout=SECONDS] [pairs=N] [-- ARG...]

A program that ends with status 77 natively is skipped, for the reason on its stderr.

`pairs=N`: a difference counts when N pairs of runs have one; for what the host does to memory by itself (see huge.h).
`env=N` adds N variables of 100 bytes, `args=N` adds N arguments; words are split as a shell would.
"""
import argparse
import os
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from compare import BASE_ENV, Case, Runner, Skip  # noqa: E402


def test_lines(source):
    lines = []
    with open(source) as f:
        for line in f:
            if line.startswith('// TEST:'):
                lines.append(line[len('// TEST:'):].strip())
            elif lines and line.startswith('//       '):
                lines[-1] += ' ' + line[2:].strip()
    return lines or ['']


def lacking(native):
    """Status 77: the program says what the machine lacks."""
    if native.status == 77:
        raise Skip(native.err.decode('utf-8', 'replace').strip())


def parse(program, spec):
    words = shlex.split(spec)
    name = os.path.basename(program)
    kw, extra, via, setup = {}, [], 'abs', None
    while words:
        word = words.pop(0)
        if word == '--':
            extra += words
            break
        key, eq, value = word.partition('=')
        if not eq:
            name += '/' + word
        elif key == 'stack':
            kw['stack'] = value
        elif key == 'pairs':
            kw['pairs'] = int(value)
        elif key == 'env':
            kw['env'] = {} if value == 'empty' else dict(
                BASE_ENV, **{'V%05d' % i: 'x' * 93 for i in range(int(value))})
        elif key == 'args':
            extra += ['argument-%d' % i for i in range(int(value))]
        elif key == 'via':
            via = value
        elif key in ('argv0', 'stdin', 'timeout'):
            kw[key] = value.encode() if key == 'stdin' else float(value) if key == 'timeout' else value
        else:
            sys.exit('%s: unknown word in a TEST line: %s' % (program, word))
    path = program
    if via == 'rel':
        # From the fresh directory, which is some levels below the root: more than enough of them go up.
        path = '../' * 20 + program.lstrip('/')
    elif via == 'symlink':
        path = './link'

        def setup(work):
            os.symlink(program, os.path.join(work, 'link'))
    return Case(name, [path] + extra, setup=setup, check=lacking, **kw)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--launch', required=True, help='the launch program of tests/lib')
    ap.add_argument('--ulk', help='the ulk command; without it two native runs are compared (is a program '
                    'repeatable at all?)')
    ap.add_argument('--source-dir', required=True)
    ap.add_argument('--only', help='run only cases whose name contains this')
    ap.add_argument('programs', nargs='+', metavar='PROGRAM[=SOURCE]')
    opt = ap.parse_args()
    cases = []
    for item in opt.programs:
        program, _, source = item.partition('=')
        program = os.path.abspath(program)
        source = source or os.path.basename(program) + '.c'
        for spec in test_lines(os.path.join(opt.source_dir, source)):
            case = parse(program, spec)
            if not opt.only or opt.only in case.name:
                cases.append(case)
    runner = Runner(os.path.abspath(opt.launch), opt.ulk and os.path.abspath(opt.ulk))
    return 1 if runner.run_all(cases) else 0


if __name__ == '__main__':
    sys.exit(main())
