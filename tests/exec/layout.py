#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What execve builds, native against ulk: run `dump`, linked three ways, with many shapes of argv, environment,
stack limit and path, and compare every line (see dump.c for the few values it leaves out)."""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from compare import BASE_ENV, Case, Runner  # noqa: E402


def numbered(n, length):
    return {'V%05d' % i: 'v' * length for i in range(n)}


ARGS = {
    'no-args': [],
    'one-arg': ['x'],
    'empty-arg': ['', '', 'x'],
    'odd-args': ['a' * n for n in range(17)],
    '100-args': ['argument-%d' % i for i in range(100)],
    '2000-args': ['argument-%d' % i for i in range(2000)],
    'long-arg': ['y' * 100000],
}
ENVS = {
    'no-env': {},
    'plain-env': BASE_ENV,
    'large-env': dict(BASE_ENV, **numbered(300, 200)),
    '2000-env': numbered(2000, 3),
    'odd-env': {'E' * (n + 1): 'e' * n for n in range(23)},
}
STACKS = ['256', '8192', 'unlimited', '100', '65536']
# Far enough up from any temporary directory.
UP = '../' * 20


def in_dir(name, what):
    """A symbolic link called @name to a program, or a script of that name with this text."""
    def setup(work):
        path = os.path.join(work, name)
        if what.startswith('#!'):
            with open(path, 'w') as f:
                f.write(what)
            os.chmod(path, 0o755)
        else:
            os.symlink(what, path)
    return setup


def cases_for(kind, program):
    cases = []

    def add(label, argv, **kw):
        kw.setdefault('check', lambda native: None if native.status == 0 else native.describe_status())
        cases.append(Case('%s/%s' % (kind, label), argv, **kw))

    for a, args in ARGS.items():
        add(a, [program] + args)
    for e, env in ENVS.items():
        add(e, [program, 'arg'], env=env)
    for s in STACKS:
        add('stack-' + s, [program, 'arg'], stack=s)
        add('stack-%s/100-args/large-env' % s, [program] + ARGS['100-args'], stack=s, env=ENVS['large-env'])
    add('stack-256/2000-args', [program] + ARGS['2000-args'], stack='256')
    add('stack-unlimited/2000-args/no-env', [program] + ARGS['2000-args'], stack='unlimited', env={})
    add('no-args/no-env', [program], env={})
    add('relative', [UP + program.lstrip('/'), 'arg'])
    add('relative-in-dir', ['./link'], setup=in_dir('link', program))
    add('symlink-long-name', ['./' + 'n' * 200], setup=in_dir('n' * 200, program))
    add('argv0', [program, 'arg'], argv0='another name')
    add('argv0-empty', [program, 'arg'], argv0='')
    add('script', ['./script', 'a', 'b'], setup=in_dir('script', '#!' + program + '\n'))
    add('script-argument', ['./script', 'a'], setup=in_dir('script', '#! \t' + program + '  one  two \t\n'))
    add('script-argv0', ['./script', 'a'], argv0='name that goes away' * 30,
        setup=in_dir('script', '#!' + program + ' -x\nrest'))
    add('script-no-newline', ['./script'], setup=in_dir('script', '#!' + program))

    def nested(work):
        in_dir('one', '#!' + program + ' inner\n')(work)
        in_dir('two', '#!./one middle\n')(work)
        in_dir('three', '#!./two outer\n')(work)
    add('script-nested', ['./three', 'arg'], setup=nested)
    return cases


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--launch', required=True)
    ap.add_argument('--ulk', help='without it two native runs are compared')
    ap.add_argument('--only')
    ap.add_argument('programs', nargs='+', metavar='KIND=PROGRAM')
    opt = ap.parse_args()
    cases = []
    for item in opt.programs:
        kind, _, program = item.partition('=')
        cases += cases_for(kind, os.path.abspath(program))
    if opt.only:
        cases = [c for c in cases if opt.only in c.name]
    runner = Runner(os.path.abspath(opt.launch), opt.ulk and os.path.abspath(opt.ulk))
    return 1 if runner.run_all(cases) else 0


if __name__ == '__main__':
    sys.exit(main())
