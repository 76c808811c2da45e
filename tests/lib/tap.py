# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests written in Python share: results in TAP, and a fresh directory."""
import tempfile


class Failure(Exception):
    """What is wrong."""


class Skip(Exception):
    """What is lacking."""


def want(what, got, expected):
    if got != expected:
        raise Failure('%s: %r, not %r' % (what, got, expected))


def in_directory(test, *args):
    """test(*args, directory), with a fresh directory."""
    with tempfile.TemporaryDirectory() as directory:
        return test(*args, directory)


def of_class(cls, opt):
    """Pairs for run(): each method test_* of cls, made with opt and a fresh directory; its doc string is the name."""
    def call(name):
        return in_directory(lambda directory: getattr(cls(opt, directory), name)())
    return [(getattr(cls, n).__doc__, lambda n=n: call(n)) for n in dir(cls) if n.startswith('test_')]


def judge(wrong):
    """What a test returned: nothing, what is wrong (text or lines), or "SKIP why"."""
    if isinstance(wrong, list):
        wrong = '\n'.join(wrong[:60])
    if wrong and wrong.startswith('SKIP '):
        raise Skip(wrong[len('SKIP '):])
    if wrong:
        raise Failure(wrong)


def run(tests):
    """Run pairs of a name and a function, which fails by an exception or by returning what is wrong. True when one failed."""
    print('TAP version 13\n1..%d' % len(tests))
    failed = False
    for number, (name, test) in enumerate(tests, 1):
        name = name.replace('#', '')
        try:
            judge(test())
            print('ok %d - %s' % (number, name), flush=True)
        except Skip as e:
            print('ok %d - %s # SKIP %s' % (number, name, e), flush=True)
        except Exception as e:  # pylint: disable=broad-except
            failed = True
            text = str(e) if isinstance(e, Failure) else repr(e)
            print('not ok %d - %s\n# %s' % (number, name, text.replace('\n', '\n# ')), flush=True)
    return failed
