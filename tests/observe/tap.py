# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests written in Python here share: results in TAP."""
import subprocess


class Failure(Exception):
    """What is wrong."""


class Skip(Exception):
    """What is lacking."""


def want(what, got, expected):
    if got != expected:
        raise Failure('%s: %r, not %r' % (what, got, expected))


def run(tests):
    """Run pairs of a name and a function, which fails by an exception or by returning what is wrong. True when one failed."""
    print('TAP version 13\n1..%d' % len(tests))
    failed = False
    for number, (name, test) in enumerate(tests, 1):
        name = name.replace('#', '')
        try:
            why = test()
            if why:
                raise Failure(why)
            print('ok %d - %s' % (number, name), flush=True)
        except Skip as e:
            print('ok %d - %s # SKIP %s' % (number, name, e))
        except (Failure, subprocess.TimeoutExpired, AttributeError, OSError, StopIteration) as e:
            failed = True
            text = str(e) if isinstance(e, Failure) else repr(e)
            print('not ok %d - %s\n# %s' % (number, name, text.replace('\n', '\n# ')))
    return failed
