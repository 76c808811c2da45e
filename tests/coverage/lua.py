#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Line coverage of Lua's interpreter running a script: ulk's, of a plain build, against gcov's, of an instrumented one.

gcov knows from the compiler which lines have statements; ulk has only DWARF's line table. So three numbers: on how many of
the lines that both call executable they agree; on how many of gcov's; and on how many of all lines that either calls so.
"""
import argparse
import concurrent.futures
import glob
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import tap  # pylint: disable=wrong-import-position

FLAGS = ['-O0', '-g', '-std=gnu99', '-DLUA_USE_POSIX', '-DLUA_COMPAT_5_3']
GOAL = 99.0


def skip(why):
    print('1..0 # SKIP ' + why)
    sys.exit(0)


def command(argv, **more):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, stdin=subprocess.DEVNULL, **more)


def build(sources, directory, more):
    os.mkdir(directory)

    def compile_one(source):
        command(['gcc'] + FLAGS + more + ['-c', source, '-o', os.path.basename(source)[:-2] + '.o'], cwd=directory)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_one, sources))
    command(['gcc'] + more + glob.glob(directory + '/*.o') + ['-static', '-lm', '-o', 'lua'], cwd=directory)


def gcov_counts(directory):
    command(['gcov', '-j'] + [os.path.basename(f) for f in glob.glob(directory + '/*.gcda')], cwd=directory)
    counts = {}
    for name in glob.glob(directory + '/*.gcov.json.gz'):
        with gzip.open(name) as f:
            data = json.load(f)
        for source in data['files']:
            path = os.path.realpath(os.path.join(data['current_working_directory'], source['file']))
            for line in source['lines']:
                key = path, line['line_number']
                counts[key] = max(counts.get(key, 0), line['count'])
    return counts


def lcov_counts(path):
    counts, source = {}, None
    with open(path) as f:
        for line in f:
            if line.startswith('SF:'):
                source = os.path.realpath(line[3:].rstrip('\n'))
            elif line.startswith('DA:'):
                number, count = line[3:].split(',')
                counts[source, int(number)] = int(count)
    return counts


def reason(kind, text):
    """Why a line is judged differently."""
    if kind == 'only gcov':
        return 'a statement without instructions' if 'va_end' not in text else 'va_end() makes no code'
    if kind == 'only ulk':
        return 'a label that gcov joins with its neighbour' if re.match(r'\s*(case|default)\b', text) else 'not known'
    if re.match(r'\s*(return\b|no_save:|})', text):
        return 'the compiler made one jump of it and another line'
    return 'one line, several blocks of code: the first decides'


def show(kind, keys, gcov, ulk, text):
    print('# %s: %d lines' % (kind, len(keys)))
    for path, line in sorted(keys):
        content = text[path][line - 1]
        print('#   %s:%d: gcov %s, ulk %s: %s (%s)' % (os.path.basename(path), line, gcov.get((path, line), '-'),
                                                    ulk.get((path, line), '-'), content.strip()[:60], reason(kind, content)))


def compare(gcov, ulk):
    both = gcov.keys() & ulk.keys()
    differ = {k for k in both if (gcov[k] > 0) != (ulk[k] > 0)}
    agree = len(both) - len(differ)
    text = {}
    for path, _ in gcov.keys() | ulk.keys():
        if path not in text:
            with open(path, errors='replace') as f:
                text[path] = f.read().split('\n')
    shares = (('the lines that both call executable', len(both)), ("gcov's lines", len(gcov)),
              ('all lines that either calls executable', len(gcov.keys() | ulk.keys())))
    some = sum(c > 0 for c in gcov.values())
    results = [('agree on %.2f %% of %s: %d of %d' % (100.0 * agree / max(total, 1), what, agree, total), 100.0 * agree >= GOAL * total > 0)
               for what, total in shares]
    results.append(('the script executes %d of %d lines' % (some, len(gcov)), 2000 < some < len(gcov)))
    failed = tap.run([(name, lambda g=good: None if g else 'less than is asked for') for name, good in results])
    show('differ', differ, gcov, ulk, text)
    show('only gcov', gcov.keys() - ulk.keys(), gcov, ulk, text)
    show('only ulk', ulk.keys() - gcov.keys(), gcov, ulk, text)
    return failed


def main():
    parser = argparse.ArgumentParser()
    for name in ('ulk', 'script', 'locate'):
        parser.add_argument('--' + name, required=True)
    opt = argparse.Namespace(**{k: os.path.abspath(v) for k, v in vars(parser.parse_args()).items()})
    for tool in ('gcc', 'gcov'):
        if not shutil.which(tool):
            skip('no ' + tool)
    p = subprocess.run([opt.locate, '--offline'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if p.returncode:
        skip("no source of Lua (scripts/lua-source fetches it)")
    directory = os.path.realpath(p.stdout.decode().strip())
    sources = [f for f in glob.glob(directory + '/*.c') if os.path.basename(f) != 'luac.c']
    with tempfile.TemporaryDirectory() as work:
        work = os.path.realpath(work)
        instrumented, plain, info = (os.path.join(work, n) for n in ('gcov', 'plain', 'lua.info'))
        build(sources, instrumented, ['--coverage'])
        build(sources, plain, [])
        native = command([os.path.join(instrumented, 'lua'), opt.script], cwd=work)
        under = command([opt.ulk, 'run', '--coverage', info, os.path.join(plain, 'lua'), opt.script], cwd=work)
        assert native.stdout == under.stdout, 'the output differs'
        sys.exit(compare(gcov_counts(instrumented), lcov_counts(info)))


main()
