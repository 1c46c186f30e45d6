# SPDX-License-Identifier: LGPL-2.1-or-later
"""Knows how the kernel's printer turns the records of a tracer into function_graph text.

The other direction of trace_text.py. What the printer remembers per CPU is kept here as it is
there: the last task, for the banners; the function last opened at each depth, for the names behind
closing braces; a depth, for the indentation of events.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from trace_text import RULE, Task, read_us

# A duration is marked when it is longer than so many nanoseconds.
MARK_LIMITS = [(1000000000, "$"), (100000000, "@"), (10000000, "*"), (1000000, "#"),
               (100000, "!"), (10000, "+")]

HEADER_COLUMNS = {"abstime": ("     TIME       ", "      |         "),
                  "cpu": (" CPU", " |  "),
                  "proc": ("  TASK/PID       ", "   |    |        "),
                  "latency": ("||||   ", "||||   "),
                  "duration": ("  DURATION   ", "   |   |      ")}

# Deeper than this the printer no longer looks up what was opened.
OPENER_SLOTS = 50

# Functions between which and their callers the printer draws an arrow, if it draws any.
IRQ_FUNCTIONS = {"gic_handle_irq"}


@dataclass(eq=False)
class Record:
    """What a tracer writes into the buffer of a CPU."""
    kind: str  # enter, leave, event or lost
    cpu: int
    task: Task | None = None
    name: str = ""
    module: str = ""
    depth: int = 0
    duration_ns: int | None = None  # of a leave; of a lost, how many, or None
    time_ns: int = 0
    latency: str = ""
    text: str = ""         # of an event
    mark: str | None = None  # instead of the one that fits the duration
    line: int = 0          # where it was printed


class Printer:
    """Prints records, and counts what it prints."""

    def __init__(self, columns, cpu_width=1, tail=False, arrows=False):
        self.columns = columns
        self.cpu_width = cpu_width
        self.tail = tail
        self.arrows = arrows
        self.lines = []
        self.counts = Counter()
        self.marks = Counter()
        self.switches = Counter()
        self.last_task = {}
        self.openers = {}
        self.comment_depth = Counter()

    def print_all(self, records):
        self._header()
        folded = set()
        for record, following in zip(records, successors(records)):
            if record in folded:
                continue
            self._banner(record)
            if record.kind == "enter" and is_return_of(following, record):
                folded.add(following)
                self._leaf(record, following)
            elif record.kind == "enter":
                self._entry(record)
            elif record.kind == "leave":
                self._exit(record)
            elif record.kind == "event":
                self._event(record)
            else:
                self._lost(record)
        self.counts["total"] = len(self.lines)
        return "".join(line + "\n" for line in self.lines)

    def _add(self, kind, *lines):
        self.counts[kind] += len(lines)
        self.lines.extend(lines)

    def _header(self):
        first, second = ("".join(HEADER_COLUMNS[name][row] for name in self.columns)
                         for row in (0, 1))
        self._add("header", "# tracer: function_graph")
        self._add("header", "#")
        self._add("header", "#" + first + "               FUNCTION CALLS")
        self._add("header", "#" + second + "               |   |   |   |")

    def _banner(self, record):
        if record.kind == "lost":
            return
        old = self.last_task.get(record.cpu)
        self.last_task[record.cpu] = record.task
        if old and old != record.task:
            cpu = f" {record.cpu:>{self.cpu_width}}) "
            self._add("noise", RULE)
            self._add("switch", f"{cpu}{task_field(old)} => {task_field(record.task)}")
            self._add("noise", RULE, "")
            self.switches[record.cpu] += 1

    def _context(self, record):
        seconds, micros = divmod(record.time_ns // 1000, 1000000)
        parts = {"abstime": f"{seconds:5}.{micros:06d} |  ",
                 "cpu": f" {record.cpu:>{self.cpu_width}}) ",
                 "proc": f"{task_field(record.task)} | ",
                 "latency": f" {record.latency} | "}
        return "".join(parts[name] for name in self.columns if name in parts)

    def _prefix(self, record, duration_ns=None, mark=None):
        if "duration" not in self.columns:
            return self._context(record)
        if duration_ns is None:
            return self._context(record) + " " * 14 + "|  "
        mark = mark or mark_of(duration_ns)
        self.marks[mark] += 1
        return f"{self._context(record)}{mark} {us_digits(duration_ns) + ' us':<12}|  "

    def _arrow(self, record, arrow):
        if self.arrows and record.name in IRQ_FUNCTIONS:
            if "duration" in self.columns:
                arrow = f"  {arrow} |"
            self._add("irq", self._context(record) + arrow)

    def _function(self, record):
        return "  " * record.depth + function_text(record.name, record.module)

    def _entry(self, record):
        self._arrow(record, "==========>")
        self.openers[record.cpu, record.depth] = (record.name, record.module)
        self.comment_depth[record.cpu] = record.depth
        self._add("entry", self._prefix(record) + self._function(record) + "() {")
        record.line = len(self.lines)

    def _leaf(self, record, following):
        self._arrow(record, "==========>")
        self.openers.pop((record.cpu, record.depth), None)
        self.comment_depth[record.cpu] = record.depth - 1
        self._add("leaf", self._prefix(record, following.duration_ns, following.mark)
                  + self._function(record) + "();")
        record.line = following.line = len(self.lines)
        self._arrow(record, "<==========")

    def _exit(self, record):
        opener = self.openers.pop((record.cpu, record.depth), None)
        known = record.depth >= OPENER_SLOTS or opener == (record.name, record.module)
        self.comment_depth[record.cpu] = record.depth - 1
        text = (self._prefix(record, record.duration_ns, record.mark)
                + "  " * record.depth + "}")
        if known and not self.tail:
            self._add("exit", text)
        else:
            name = function_text(record.name, record.module)
            self._add("exit_named", f"{text} /* {name} */")
        record.line = len(self.lines)
        self._arrow(record, "<==========")

    def _event(self, record):
        depth = self.comment_depth[record.cpu]
        indent = "  " * (depth + 1) if depth > 0 else ""
        first, *more = f"/* {record.text} */".split("\n")
        self._add("comment", self._prefix(record) + indent + first, *more)
        record.line = len(self.lines) - len(more)

    def _lost(self, record):
        count = "" if record.duration_ns is None else f" {record.duration_ns}"
        self._add("lost", f"CPU:{record.cpu} [LOST{count} EVENTS]")
        record.line = len(self.lines)


def successors(records):
    """For each record the next one in the buffer of the same CPU, or None."""
    following, upcoming = [], {}
    for record in reversed(records):
        following.append(upcoming.get(record.cpu))
        upcoming[record.cpu] = record
    return reversed(following)


def is_return_of(following, record):
    """Depth is not compared: neither does the kernel."""
    return (following is not None and following.kind == "leave"
            and (following.task, following.name, following.module)
            == (record.task, record.name, record.module))


def mark_of(duration_ns):
    for limit, mark in MARK_LIMITS:
        if duration_ns > limit:
            return mark
    return " "


def us_digits(duration_ns):
    """Microseconds as the kernel prints them: cut, never rounded, to seven digits in all."""
    whole, part = divmod(duration_ns, 1000)
    decimals = max(0, min(3, 7 - len(str(whole))))
    return str(whole) + (f".{part:03d}"[:decimals + 1] if decimals else "")


def printed_ns(duration_ns):
    """What is left of a duration once it is printed."""
    return read_us(us_digits(duration_ns))


def task_field(task):
    """comm and pid in the middle of fourteen columns, an odd blank on the right."""
    text = f"{task.comm[:7]}-{task.pid}"
    pad = max(0, 14 - len(text))
    return " " * (pad // 2) + text + " " * (pad - pad // 2)


def function_text(name, module):
    return f"{name} [{module}]" if module else name


def records_of(trace):
    """The records that a trace was printed from, and those of each call: (enter, leave)."""
    records, ends = [], {}
    for line in trace.lines:
        if line.kind in ("entry", "leaf"):
            call = line.call
            enter = Record("enter", line.cpu, call.task, call.name, call.module, call.depth,
                           time_ns=line.time_ns or 0)
            records.append(enter)
            ends[call] = (enter, None)
        if line.kind in ("leaf", "exit", "exit_named"):
            call = line.call
            leave = Record("leave", line.cpu, call.task, call.name, call.module, call.depth,
                           line.duration_ns, time_ns=line.time_ns or 0)
            records.append(leave)
            ends[call] = (ends.get(call, (None, None))[0], leave)
        if line.kind == "comment":
            records.append(Record("event", line.cpu, line.task, text=line.name,
                                  time_ns=line.time_ns or 0))
        if line.kind == "lost":
            records.append(Record("lost", line.cpu, duration_ns=line.duration_ns))
    return records, ends
