# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of what tools/mutate_trace can do: mutants, which break a rule, and rewrites, which do not."""

from __future__ import annotations

import dataclasses
import inspect
import lzma
import pathlib

from trace_draft import Draft
from trace_text import Trace

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"

TRACES = pathlib.Path(__file__).resolve().parents[1] / "fixtures/traces"

MUTANTS = {}
REWRITES = {}


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    text: str
    make: object            # changes a draft; what it returns, if anything, is the text
    verdict: str
    caught: str             # the check that is there to find it
    also: frozenset         # what fails, too, since it cannot be otherwise
    trace: str              # below fixtures/traces
    spec: str | None        # None: what verify chooses
    arguments: tuple


@dataclasses.dataclass(frozen=True)
class Rewrite:
    name: str
    text: str
    make: object


def mutant(name, caught, also="", verdict=FAIL, scenario=None, lab="", spec=None, text=None,
           recording=None, arguments=()):
    """Registers a function that breaks a rule in the trace of a scenario, or in another recording; else
    in the reference trace.

    What it is about is what it says of itself. `also` names checks, with blanks between.
    """
    def register(make):
        assert name not in MUTANTS, name
        trace = "/".join(filter(None, ("scenarios", lab, f"{scenario}.txt.xz"))) if scenario else \
            f"{recording}.txt.xz" if recording else "reference-vmx.txt"
        MUTANTS[name] = Mutant(name, text or inspect.getdoc(make), make, verdict, caught,
                               frozenset(also.split()), trace,
                               spec or (f"kvm-{scenario}" if scenario else None), tuple(arguments))
        return make
    return register


def rewrite(name):
    """Registers a function that changes what no rule is about, in whichever trace."""
    def register(make):
        REWRITES[name] = Rewrite(name, inspect.getdoc(make), make)
        return make
    return register


def read_trace(path):
    """The trace of a text, packed or not."""
    packed = pathlib.Path(path).read_bytes()
    unpacked = lzma.decompress(packed) if str(path).endswith(".xz") else packed
    return Trace(unpacked.decode(errors="surrogateescape"))


def change(entry, trace):
    """The text of a mutant or rewrite of a trace."""
    draft = Draft(trace)
    text = entry.make(draft)
    return draft.text() if text is None else text
