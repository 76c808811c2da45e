#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the commands of a document's ```console blocks, and compare what they print with what stands below them. TAP.

    console.py --ulk build/cli/ulk --samples build/samples DOC...         compare
    console.py --ulk ... --samples ... --update DOC...                    write the outputs into the document

"$ " begins a command; what follows it is its output. Commands run in an empty directory in which `samples` is the built
samples and `ulk` is on the path. Addresses, inode numbers and spaces may differ, as may the counts of some fields that
depend on what the host has cached; of "N -> M" the difference counts. Words, other numbers and which lines there are may not.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

# Pages of files around a fault are mapped if the host has them in its cache.
UNSTEADY = re.compile(r'^(rss_stat|hiwater_rss|hiwater_vm|vmacache|start_stack|arg_|env_)')


def blocks(lines):
    """(first line after the command, end, command) of every command."""
    inside, found = False, []
    for i, line in enumerate(lines):
        if line.startswith('```'):
            inside = line.strip() == '```console'
        elif inside and line.startswith('$ '):
            end = i + 1
            while not lines[end].startswith(('$ ', '```')):
                end += 1
            found.append((i + 1, end, line[2:]))
    return found


def rough(line):
    line = re.sub(r'0x[0-9a-f]+', '0x#', ' '.join(line.split()))
    line = re.sub(r'\([A-Za-z_][^)]*\)|inode \d+', '', line)
    if UNSTEADY.match(line):
        return re.sub(r'\d+', '#', line)
    return re.sub(r'\b(\d+) -> (\d+)$', lambda m: 'by %d' % (int(m.group(2)) - int(m.group(1))), line)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--ulk', required=True, type=os.path.abspath)
    ap.add_argument('--samples', required=True, type=os.path.abspath)
    ap.add_argument('--update', action='store_true')
    ap.add_argument('docs', nargs='+')
    opt = ap.parse_args()
    number = failed = 0
    work = tempfile.mkdtemp(prefix='ulk-console-')
    os.makedirs(os.path.join(work, 'bin'))
    os.symlink(opt.ulk, os.path.join(work, 'bin', 'ulk'))
    os.symlink(opt.samples, os.path.join(work, 'samples'))
    env = dict(os.environ, PATH=os.path.join(work, 'bin') + ':' + os.environ['PATH'], LC_ALL='C')
    for doc in opt.docs:
        with open(doc) as f:
            lines = f.read().split('\n')
        for start, end, command in reversed(blocks(lines)) if opt.update else blocks(lines):
            number += 1
            if 'setarch' in command and subprocess.run('setarch -L true 2>&-', shell=True).returncode:
                print('ok %d - %s # SKIP setarch -L is not to be had here' % (number, command.replace('#', '')))
                continue
            try:
                p = subprocess.run(['sh', '-c', 'ulimit -s 8192; ' + command], cwd=work, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, errors='replace')
                got = [line.rstrip() for line in p.stdout.splitlines()]
            except subprocess.TimeoutExpired:
                got = ['(timed out)']
            if opt.update:
                lines[start:end] = got
                continue
            want = [line for line in lines[start:end]]
            same = [rough(line) for line in want] == [rough(line) for line in got]
            failed += not same
            print('%s %d - %s' % ('ok' if same else 'not ok', number, command.replace('#', '')))
            if not same:
                print(''.join('# -%s\n' % line for line in want) + ''.join('# +%s\n' % line for line in got), end='')
        if opt.update:
            with open(doc, 'w') as f:
                f.write('\n'.join(lines))
    if not opt.update:
        print('1..%d' % number)
    shutil.rmtree(work)
    return failed != 0 or number == 0


if __name__ == '__main__':
    sys.exit(main())
