#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random system calls under ulk (syscall_fuzz.c), one run per seed. TAP.

A run fails when ulk does not end with the guest's status 0 or a sanitizer reports something. Nothing but
/dev/null and a file reaches the guest: it writes to, truncates and closes whatever it inherits.
"""
import argparse
import os
import shutil
import signal
import subprocess
import tempfile


def run(args, seed):
    top = tempfile.mkdtemp(prefix='ulk-fuzz-')
    os.chmod(top, 0o777)
    cwd = os.path.join(top, 'd')
    os.mkdir(cwd)
    env = dict(os.environ, ASAN_OPTIONS='log_path=%s/asan' % top,
               UBSAN_OPTIONS='log_path=%s/ubsan:print_stacktrace=1' % top)
    program = os.path.join(top, 'fuzz')
    shutil.copy(args.program, program)
    with open(os.path.join(top, 'out'), 'w') as out:
        p = subprocess.Popen([args.ulk, 'run', program, str(seed), str(args.count)], cwd=cwd, env=env,
                             stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        try:
            status = p.wait(timeout=args.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
            status = 'timed out'
    report = [os.path.join(top, f) for f in os.listdir(top) if f.startswith(('asan.', 'ubsan.'))]
    notes = [] if status == 0 else ['status %s' % status]
    for path in report + ([os.path.join(top, 'out')] if notes else []):
        with open(path, errors='replace') as f:
            notes += f.read().splitlines()[:30]
    subprocess.run(['chmod', '-R', 'u+rwx', top], check=False)
    shutil.rmtree(top, ignore_errors=True)
    return notes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--ulk', required=True, type=os.path.abspath)
    parser.add_argument('--program', required=True)
    parser.add_argument('--first', type=int, default=1, help='first seed')
    parser.add_argument('--seeds', type=int, default=10)
    parser.add_argument('--count', type=int, default=3000, help='calls per seed')
    parser.add_argument('--timeout', type=float, default=120)
    args = parser.parse_args()
    print('1..%d' % args.seeds)
    for i in range(args.seeds):
        notes = run(args, args.first + i)
        print('%s %d - seed %d, %d calls' % ('not ok' if notes else 'ok', i + 1, args.first + i, args.count))
        for line in notes:
            print('# ' + line)


main()
