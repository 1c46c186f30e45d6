# SPDX-License-Identifier: LGPL-2.1-or-later
"""Knows how the kernel prints a function_graph trace, in the simplest reading that is right.

Shared by the scripts beside it, and by nothing else: it is the second opinion on what a trace
holds, so it takes no idea and no line from the C program. It reads a whole file into memory, knows
the kernel's own text only, and prefers a plain rule to a fast one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MARKS = "+!#*@$"

RULE = " " + "-" * 42

# The kinds of lines in which a call starts, ends, or does both.
CALL_KINDS = ("entry", "leaf", "exit", "exit_named")

# What each column looks like, in the order in which the kernel prints them.
COLUMN_PATTERNS = {
    "abstime": r"\s*(?P<abstime>\d+\.\d{6}) \|  ",
    "reltime": r"\s*(?P<reltime>\d+) us \|  ",
    "cpu": r"\s*(?P<cpu>\d+)\) ",
    "proc": r"\s*(?P<comm>.*?)-(?P<pid>\d+)\s* \| ",
    "latency": r" (?P<latency>[.0-9A-Za-z#~*]{4,8}) \| ",
    "duration": r"(?P<mark>[ +!#*@$]) (?:(?P<us>\d+(?:\.\d+)?) us *| {12})\|  ",
}

HEADER_WORDS = {"abstime": r"(?<!REL )TIME", "reltime": "REL TIME", "cpu": "CPU",
                "proc": "TASK/PID", "latency": r"\|\|\|\|", "duration": "DURATION"}

FUNCTION = r"(?P<name>[^\s\[(]+)(?: \[(?P<module>[^\]]+)\])?"
BODIES = [
    ("leaf", re.compile(FUNCTION + r"\(.*\);(?: /\*.*\*/)?\s*$")),
    ("entry", re.compile(FUNCTION + r"\(.*\) \{(?: /\*.*\*/)?\s*$")),
    ("exit", re.compile(r"\}\s*$")),
    ("exit_named", re.compile(r"\} /\* " + FUNCTION + r"(?:\(\))?(?: ret=\S+| = \S+)? \*/\s*$")),
    ("comment", re.compile(r"/\* (?P<text>.*?)(?: \*/)?$")),
]

BANNER = re.compile(r"\s*(?P<cpu>\d+)\) (?P<old>.{14,}?) => (?P<new>.+?)\s*$")
LOST = re.compile(r"CPU:(?P<cpu>\d+) \[LOST(?: (?P<count>\d+))? EVENTS\]\s*$")
ARROW = re.compile(r"\s*(?:==========>|<==========) \|\s*$")


@dataclass(frozen=True)
class Task:
    """Who ran. A CPU whose task no line names is a task of its own, without a pid."""
    pid: int | None
    comm: str

    def __str__(self):
        return self.comm if self.pid is None else f"{self.comm}-{self.pid}"


@dataclass(eq=False)
class Line:
    """One physical line and what it says."""
    number: int
    text: str
    kind: str = "unrecognized"
    cpu: int | None = None
    task: Task | None = None
    depth: int = 0
    name: str = ""         # of a function; of a comment, what it says
    module: str = ""
    mark: str = " "
    duration_ns: int | None = None
    old_task: Task | None = None  # of a switch
    call: Call | None = None      # of an entry, leaf or exit
    time_ns: int | None = None


@dataclass(eq=False)
class Call:
    """One call: where it starts, where it ends, what it called. Either end may be missing."""
    name: str
    module: str
    depth: int
    task: Task
    lane: object
    first: Line | None
    last: Line | None = None
    parent: Call | None = None
    children: list = field(default_factory=list)

    @property
    def complete(self):
        return self.first is not None and self.last is not None

    @property
    def duration_ns(self):
        return self.last.duration_ns if self.complete else None

    @property
    def self_ns(self):
        durations = [child.duration_ns for child in self.children]
        if self.duration_ns is None or None in durations:
            return None
        return max(0, self.duration_ns - sum(durations))

    def walk(self):
        """The call and everything below it, callers first, in the order in which they start."""
        pending = [self]
        while pending:
            call = pending.pop()
            yield call
            pending.extend(reversed(call.children))

    def ancestors(self):
        call = self.parent
        while call is not None:
            yield call
            call = call.parent


class Trace:
    """A whole file: its lines, and the calls that they make."""

    def __init__(self, text):
        self.columns = []
        self.lines = []
        self.calls = []
        self._read_lines(text)
        self._attribute()
        self._build()

    @classmethod
    def from_file(cls, path):
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as source:
            return cls(source.read())

    @property
    def roots(self):
        return [call for call in self.calls if call.parent is None]

    def named(self, *names):
        return [call for call in self.calls if call.name in names]

    # ---- lines ----------------------------------------------------------------------------

    def _read_lines(self, text):
        texts = text.split("\n")
        if texts[-1] == "":
            texts.pop()
        for raw in texts:
            if raw.startswith("#") and "FUNCTION CALLS" in raw:
                self.columns = [name for name, word in HEADER_WORDS.items()
                                if re.search(word, raw)]
        prefix = re.compile("".join(COLUMN_PATTERNS[name] for name in self.columns) or "")
        # Arrows and the bodies of a trace without durations follow the columns before them.
        context = re.compile("".join(COLUMN_PATTERNS[name] for name in self.columns
                                     if name != "duration") or "")
        in_comment = False
        for number, raw in enumerate(texts, 1):
            line = Line(number, raw)
            self.lines.append(line)
            if in_comment:
                line.kind = "continuation"
                in_comment = not raw.rstrip().endswith("*/")
                continue
            self._scan(line, prefix, context)
            in_comment = line.kind == "comment" and not raw.rstrip().endswith("*/")

    def _scan(self, line, prefix, context):
        raw = line.text
        if raw.startswith("#"):
            line.kind = "header"
        elif raw.strip() == "" or raw.rstrip() == RULE or raw.startswith("#####"):
            line.kind = "noise"
        elif match := LOST.match(raw):
            line.kind, line.cpu = "lost", int(match["cpu"])
            line.duration_ns = int(match["count"]) if match["count"] else None
        elif (match := context.match(raw)) and ARROW.match(raw[match.end():]):
            line.kind = "irq"
            self._take_context(line, match)
        elif (match := prefix.match(raw)) and self._scan_body(line, raw[match.end():]):
            self._take_context(line, match)
        elif match := BANNER.match(raw):
            line.kind, line.cpu = "switch", int(match["cpu"])
            line.old_task = read_task(match["old"])
            line.task = read_task(match["new"])

    def _scan_body(self, line, rest):
        body = rest.lstrip(" ")
        for kind, pattern in BODIES:
            if match := pattern.match(body):
                line.kind = kind
                line.depth = (len(rest) - len(body)) // 2
                groups = match.groupdict()
                line.name = groups.get("name") or groups.get("text") or ""
                line.module = groups.get("module") or ""
                return True
        return False

    @staticmethod
    def _take_context(line, match):
        groups = match.groupdict()
        if groups.get("cpu") is not None:
            line.cpu = int(groups["cpu"])
        if groups.get("pid") is not None:
            line.task = Task(int(groups["pid"]), groups["comm"])
        if groups.get("abstime") is not None:
            line.time_ns = int(groups["abstime"].replace(".", "")) * 1000
        if groups.get("us") is not None:
            line.mark = groups["mark"]
            line.duration_ns = read_us(groups["us"])

    # ---- tasks ----------------------------------------------------------------------------

    def _attribute(self):
        """Says of each line whose it is: a banner names the task before it, too."""
        running = {}
        for line in reversed(self.lines):
            if line.kind == "switch":
                running[line.cpu] = line.old_task
        for line in self.lines:
            if line.kind == "switch":
                running[line.cpu] = line.task
            elif line.kind in CALL_KINDS + ("comment",) and line.task is None:
                unknown = Task(None, f"?cpu{line.cpu}")
                line.task = running.setdefault(line.cpu, unknown)

    # ---- calls ----------------------------------------------------------------------------

    def _build(self):
        stacks = {}
        parentless = {}
        for line in self.lines:
            if line.kind not in CALL_KINDS:
                continue
            # pid 0 runs on every CPU at once, each time as another task
            lane = line.task.pid or (line.task, line.cpu)
            stack = stacks.setdefault(lane, [])
            waiting = parentless.setdefault(lane, [])
            if line.kind in ("entry", "leaf"):
                self._enter(line, lane, stack, waiting)
            else:
                self._leave(line, lane, stack, waiting)
        self.calls.sort(key=lambda call: (call.first or call.last).number)

    def _enter(self, line, lane, stack, waiting):
        while stack and stack[-1].depth >= line.depth:
            stack.pop()  # its end is missing
        call = Call(line.name, line.module, line.depth, line.task, lane, line)
        self._place(call, stack, waiting)
        if line.kind == "leaf":
            call.last = line
        else:
            stack.append(call)

    def _leave(self, line, lane, stack, waiting):
        while stack and stack[-1].depth > line.depth:
            stack.pop()
        top = stack[-1] if stack and stack[-1].depth == line.depth else None
        if top and line.name in ("", top.name):
            top.last = line
            line.call = top
            stack.pop()
            return
        if top:
            stack.pop()
        call = Call(line.name, line.module, line.depth, line.task, lane, None, line)
        call.children = [child for child in waiting if child.depth > line.depth]
        for child in call.children:
            child.parent = call
            waiting.remove(child)
        self._place(call, stack, waiting)

    def _place(self, call, stack, waiting):
        (call.first or call.last).call = call
        self.calls.append(call)
        if stack:
            call.parent = stack[-1]
            stack[-1].children.append(call)
            return
        # What ended before this call began cannot have been called by whatever is still to end.
        if call.first:
            waiting[:] = [other for other in waiting if other.depth >= call.depth]
        waiting.append(call)


def read_task(field_text):
    comm, _, pid = field_text.strip().rpartition("-")
    return Task(int(pid), comm)


def read_us(text):
    """Nanoseconds of "28803.31": the digits that are not printed count as zeros."""
    whole, _, part = text.partition(".")
    return int(whole) * 1000 + int((part + "000")[:3])
