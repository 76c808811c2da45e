# SPDX-License-Identifier: GPL-2.0-or-later
"""What a Python program does: objects, exceptions, generators, threads, processes, files, signals, big numbers."""
import collections
import functools
import gc
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time


class Node:
    def __init__(self, value, rest=None):
        self.value, self.rest, self.me = value, rest, self


def primes(n):
    sieve = bytearray([1]) * n
    for i in range(2, int(n ** 0.5) + 1):
        if sieve[i]:
            sieve[i * i::i] = bytes(len(range(i * i, n, i)))
    return (i for i in range(2, n) if sieve[i])


@functools.lru_cache(None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def threads():
    total, lock = [0], threading.Lock()
    barrier = threading.Barrier(4)

    def work(k):
        barrier.wait()
        for i in range(2000):
            with lock:
                total[0] += k
    ts = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()
    print('threads', total[0])


def processes():
    out = subprocess.run(['/bin/sh', '-c', 'read x; echo got $x; exit 5'], input=b'line\n', stdout=subprocess.PIPE)
    print('subprocess', out.stdout, out.returncode)
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(w, json.dumps({'list': [1, 2.5, None, 'ä']}, sort_keys=True).encode())
        os._exit(9)
    print('fork', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), json.loads(os.read(r, 100)))


def signals():
    seen = []
    signal.signal(signal.SIGALRM, lambda sig, frame: seen.append(sig))
    signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
    while len(seen) < 3:
        time.sleep(0.01)
    signal.setitimer(signal.ITIMER_REAL, 0)
    print('signals', seen[0])
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print('KeyboardInterrupt')


def main():
    print(sum(primes(200000)), fib(300), deep(800))
    print(collections.Counter(re.findall(r'\w', 'the quick brown fox jumps over the lazy dog')).most_common(3))
    nodes = [Node(i) for i in range(20000)]
    del nodes
    print('collected', gc.collect() >= 20000)
    print('%.15g %.15g %s' % (math.sqrt(2), math.atan2(1, 3), 3 ** 200))
    try:
        deep(10 ** 6)
    except RecursionError as e:
        print(type(e).__name__)
    threads()
    processes()
    signals()
    with open('written', 'w') as f:
        f.writelines('%d\n' % i for i in range(1000))
    print(os.stat('written').st_size, sum(len(x) for x in open('written')))
    sys.exit(3)


main()
