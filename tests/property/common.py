# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the property tests share: where things are, how kvmgraph is run, how a failure is told."""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRACES = ROOT / "fixtures" / "traces"
SKIPPED = 77


def load_tool(name):
    """One of the scripts in tools/, as a module."""
    sys.path.insert(0, str(ROOT / "tools"))
    loader = importlib.machinery.SourceFileLoader(name, str(ROOT / "tools" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def make_parser(doc):
    parser = argparse.ArgumentParser(description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kvmgraph", nargs="?", default=os.environ.get("KVMGRAPH"),
                        metavar="KVMGRAPH", help="the program under test (default: $KVMGRAPH)")
    return parser


def require_program(options):
    if not options.kvmgraph:
        sys.exit("no program to test: name it as an argument or in $KVMGRAPH")
    if not os.access(options.kvmgraph, os.X_OK):
        sys.exit(f"{options.kvmgraph}: cannot be run")


def run(program, *arguments):
    """Exit code, standard output, standard error."""
    done = subprocess.run([program, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode(errors="replace"), \
        done.stderr.decode(errors="replace")


def run_json(program, *arguments):
    """The JSON that a run which has to succeed prints."""
    code, out, err = run(program, *arguments)
    if code != 0:
        raise AssertionError(f"{' '.join(map(str, arguments))}: exit {code}\n{err}")
    return json.loads(out)


class Report:
    """Collects what is wrong, and says it at the end."""

    def __init__(self, limit=20):
        self.checks = 0
        self.failures = []
        self.limit = limit

    def same(self, what, found, expected):
        self.checks += 1
        if found != expected:
            self.failures.append(f"{what}: found {found!r}, expected {expected!r}")
        return found == expected

    def true(self, what, condition):
        self.checks += 1
        if not condition:
            self.failures.append(what)
        return condition

    def finish(self):
        for failure in self.failures[:self.limit]:
            print(f"FAIL {failure}")
        if len(self.failures) > self.limit:
            print(f"... and {len(self.failures) - self.limit} more")
        print(f"{self.checks} checks, {len(self.failures)} failed")
        if not self.checks:
            print("nothing was checked")
        return 1 if self.failures or not self.checks else 0
