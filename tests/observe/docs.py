#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands in docs/look.md print what stands below them: line by line, but for numbers and what depends on the C library."""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position


def examples(text):
    """Pairs of a command and the lines below it."""
    for block in re.findall(r'(?:^    .*\n|^\n(?=    ))+', text, re.M):
        for command, output in re.findall(r'^    \$ (.*)\n((?:    (?!\$ ).*\n|\n)*)', block, re.M):
            if output.strip():
                yield command, [line[4:] for line in output.rstrip('\n').split('\n')]


def plain(line):
    """Without numbers, spaces at the end and where the build lies."""
    line = re.sub(r'\S*/(?=samples/)', '', line.rstrip())
    return re.sub(r' +', ' ', re.sub(r'\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b', '#', line))


def matches(got, wanted):
    """The part of the wanted lines that are there, in this order."""
    wanted = [plain(line) for line in wanted if line != '...']
    blocks = difflib.SequenceMatcher(None, wanted, [plain(line) for line in got], autojunk=False).get_matching_blocks()
    return sum(b.size for b in blocks) / len(wanted)


def check(opt, command, wanted):
    for tool in ('gdb', 'jq'):
        if tool in command.split() and not shutil.which(tool):
            raise tap.Skip('needs ' + tool)
    with tempfile.TemporaryDirectory() as directory:
        os.symlink(opt.ulk, os.path.join(directory, 'ulk'))
        p = subprocess.run(['bash', '-c', command.replace('/tmp/', directory + '/')], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=opt.samples, timeout=60, check=False,
                           env={**os.environ, 'PATH': directory + ':' + os.environ['PATH']})
    got = p.stdout.decode(errors='replace').splitlines()
    part = matches(got, wanted)
    # Another C library's functions have other names: one line of three may differ.
    if part < 0.65:
        raise tap.Failure('%d %% of its lines are printed, these are:\n%s' % (100 * part, '\n'.join(got[:60])))


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    for name in ('ulk', 'samples', 'page'):
        ap.add_argument('--' + name, required=True, type=os.path.abspath)
    opt = ap.parse_args()
    with open(opt.page, encoding='utf-8') as page:
        found = list(examples(page.read()))
    return tap.run([(command, lambda c=command, w=wanted: check(opt, c, w)) for command, wanted in found])


if __name__ == '__main__':
    sys.exit(main())
