"""Runs one module of CPython's test suite by CPython's own runner, and writes
a line of JSON for every test to the file that the first argument names.

The methods of unittest.TestResult are the one place through which every result
goes, whatever the runner prints.
"""

import functools
import json
import os
import sys
import unittest

out = open(sys.argv[1], "w", buffering=1)
owner = os.getpid()
running = {}


def write(test, outcome):
    if os.getpid() == owner:
        out.write(json.dumps({"test": test.id(), "outcome": outcome}) + "\n")


def worse(test, outcome):
    """The outcome of a test is that of the worst of its parts."""
    order = ["pass", "skip", "fail"]
    old = running.get(id(test))
    if old is None:  # setUpClass, setUpModule: no test is running
        write(test, outcome)
    elif order.index(outcome) > order.index(old):
        running[id(test)] = outcome


def before(name, action):
    original = getattr(unittest.TestResult, name)

    @functools.wraps(original)
    def method(self, *args):
        action(*args)
        return original(self, *args)

    setattr(unittest.TestResult, name, method)


def started(test):
    running[id(test)] = "pass"


def stopped(test):
    write(test, running.pop(id(test), "pass"))


def subtest(test, part, error):
    if error is not None:
        worse(test, "fail")


before("startTest", started)
before("stopTest", stopped)
before("addError", lambda test, error: worse(test, "fail"))
before("addFailure", lambda test, error: worse(test, "fail"))
before("addUnexpectedSuccess", lambda test: worse(test, "fail"))
before("addSkip", lambda test, reason: worse(test, "skip"))
before("addSubTest", subtest)

from test.libregrtest import main  # noqa: E402

sys.argv[1:] = sys.argv[2:]
main()
