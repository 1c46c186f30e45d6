# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes a trace call by call, and prints it as the kernel would have printed the result.

Whole calls are taken out, put in, moved and renamed; the durations of their callers follow; switches,
names behind braces and leaves are printed anew.
"""

from __future__ import annotations

import dataclasses

from trace_print import Printer, records_of


class Draft:
    """The records of a trace while they are being changed, and the calls that they were."""

    def __init__(self, trace):
        self.trace = trace
        self.records, self.ends = records_of(trace)

    # ---- finding ---------------------------------------------------------------------------

    def calls(self, name, under=None):
        calls = self.trace.calls if under is None else under.walk()
        return [call for call in calls if call.name == name]

    def call(self, name, nth=1, under=None):
        """The nth call of a function, from 1, or from the end with -1; of all, or below a call."""
        return self.calls(name, under)[nth - 1 if nth > 0 else nth]

    def runs(self):
        return [call.parent for call in self.trace.named("kvm_arch_vcpu_ioctl_run")]

    def run(self, nth):
        return self.runs()[nth - 1 if nth > 0 else nth]

    def ioctl(self, name, nth=1):
        """The root under which a function is called for the nth time."""
        call = self.call(name, nth)
        return [call, *call.ancestors()][-1]

    def enter(self, call):
        return self.ends[call][0]

    def leave(self, call):
        return self.ends[call][1]

    def records_in(self, *calls):
        """The records of these calls and of what they call, in order, without those of others."""
        pieces = {record for root in calls for call in root.walk() for record in self.ends[call]}
        return [record for record in self.records if record in pieces]

    # ---- changing --------------------------------------------------------------------------

    def add_time(self, call, delta_ns):
        """Makes a call and all its callers longer."""
        for longer in [call, *call.ancestors()] if call else []:
            self.leave(longer).duration_ns += delta_ns

    def insert(self, records, before=None, after=None):
        where = self.records.index(before or after) + (1 if after else 0)
        self.records[where:where] = records

    def drop(self, records):
        dropped = set(records)
        self.records = [record for record in self.records if record not in dropped]

    def remove(self, *calls):
        self.drop(self.records_in(*calls))
        for call in calls:
            self.add_time(call.parent, -call.duration_ns)

    def move(self, *calls, before=None, after=None):
        moved = self.records_in(*calls)
        self.drop(moved)
        self.insert(moved, before, after)

    def swap(self, first, second):
        """Puts the second of two calls of one caller before the first."""
        self.move(second, before=self.enter(first))

    def put_below(self, call, above):
        """Moves a call to where another one would call it last."""
        records = self.records_in(call)
        self.remove(call)
        for record in records:
            record.depth += above.depth + 1 - call.depth
        self.insert(records, before=self.leave(above))
        self.add_time(above, call.duration_ns)

    def give(self, call, task):
        """Says that another task made a call."""
        for record in self.records_in(call):
            record.task = task

    def copy(self, call, without=None):
        """New records like those of a call; `without` names one below it to leave out."""
        left_out = set(self.records_in(without)) if without else set()
        shorter = {self.leave(above) for above in without.ancestors()} if without else set()
        copies = []
        for record in self.records_in(call):
            if record not in left_out:
                copies.append(dataclasses.replace(record))
                if record in shorter:
                    copies[-1].duration_ns -= without.duration_ns
        return copies

    def repeat(self, *calls):
        """Makes calls of one caller once more, all behind the last of them."""
        copies = [record for call in calls for record in self.copy(call)]
        self.insert(copies, after=self.leave(calls[-1]))
        for call in calls:
            self.add_time(call.parent, call.duration_ns)

    def leaf(self, parent, name, module, duration_ns):
        """Records of a call that calls nothing, directly below another call."""
        above = self.enter(parent)
        enter = dataclasses.replace(above, name=name, module=module, depth=above.depth + 1)
        self.add_time(parent, duration_ns)
        return [enter, dataclasses.replace(enter, kind="leave", duration_ns=duration_ns)]

    def add_first(self, parent, name, module="kvm", duration_ns=500):
        """Has a call call a function that calls nothing before all others."""
        self.insert(self.leaf(parent, name, module, duration_ns), after=self.enter(parent))

    def add_last(self, parent, name, module="kvm", duration_ns=500):
        self.insert(self.leaf(parent, name, module, duration_ns), before=self.leave(parent))

    def rename(self, call, name, module=None):
        for record in self.ends[call]:
            record.name = name
            record.module = record.module if module is None else module

    def empty(self, call):
        """Takes out whatever a call calls."""
        self.remove(*call.children)

    def inline(self, call):
        """Takes a call out and leaves what it calls to its caller."""
        for below in call.walk():
            for record in self.ends[below]:
                record.depth -= 1
        self.drop(self.ends[call])

    def wrap(self, call, name, module="kvm"):
        """Has a call do what it does in another function that it calls."""
        enter, leave = self.ends[call]
        below = [(call_enter, call_leave) for inner in call.walk() if inner is not call
                 for call_enter, call_leave in [self.ends[inner]]]
        for pair in below:
            for record in pair:
                record.depth += 1
        inner = dataclasses.replace(enter, name=name, module=module, depth=enter.depth + 1)
        self.insert([inner], after=enter)
        self.insert([dataclasses.replace(inner, kind="leave", duration_ns=leave.duration_ns,
                                         cpu=leave.cpu, time_ns=leave.time_ns)], before=leave)

    def text(self):
        width = len(str(max(record.cpu for record in self.records)))
        return Printer(self.trace.columns, width).print_all(self.records)
