# SPDX-License-Identifier: LGPL-2.1-or-later
"""Knows how the kernel and trace-cmd put records into a trace.dat.

Written from the descriptions of the format alone, so that what it writes tests a reader. It writes
the layouts of records that kernels have had, descriptions that are wrong as some kernels' are, both
byte orders and sizes of long, versions 6 and 7, packed or not, and buffers of several instances.
"""

from __future__ import annotations

import struct
import subprocess
import zlib
from dataclasses import dataclass, field

MAGIC = b"\x17\x08\x44tracing"
DELTA_BITS = 27
TYPE_PADDING, TYPE_TIME_EXTEND, TYPE_TIME_STAMP = 29, 30, 31
LOST, LOST_COUNTED = 1 << 31, 1 << 30
PAGES_PER_CHUNK = 10

ENTRY_ID, EXIT_ID, RETADDR_ID, EVENT_ID, OTHER_ID = 11, 10, 20, 312, 313


@dataclass
class Field:
    """A field of a record, and where its description says that it is if that is wrong."""
    name: str
    offset: int
    size: int
    signed: bool = False
    described: int | None = None
    kind: str = "unsigned long"

    def describe(self):
        offset = self.offset if self.described is None else self.described
        array = "[]" if self.size == 0 else ""
        return (f"\tfield:{self.kind} {self.name}{array};\toffset:{offset};\tsize:{self.size};"
                f"\tsigned:{int(self.signed)};\n")


@dataclass
class Layout:
    """How one kernel laid out its graph records: fields as they are listed, and sizes."""
    entry: list
    entry_size: int
    exit: list
    exit_size: int
    retaddr: list = field(default_factory=list)
    retaddr_size: int = 0
    long_size: int = 8
    header_size: int = 8
    notrace: bool = False  # depths may have 65536 taken off


def func(offset=8, size=8, **more):
    return Field("func", offset, size, **more)


def depth(offset, size=4, signed=True, **more):
    return Field("depth", offset, size, signed, kind="int" if signed else "unsigned int", **more)


def times(call_offset, described=None):
    other = None if described is None else described + 8
    return [Field("calltime", call_offset, 8, described=described, kind="unsigned long long"),
            Field("rettime", call_offset + 8, 8, described=other, kind="unsigned long long")]


def overrun(offset, size, **more):
    return Field("overrun", offset, size, kind="unsigned int" if size == 4 else "unsigned long",
                 **more)


ENTRY_PACKED = [func(), depth(16)]
EXIT_6_5 = [func(), Field("retval", 16, 8), depth(24), overrun(28, 4), *times(32)]
ARGS = Field("args", 24, 0)

LAYOUTS = {
    "2.6": Layout(ENTRY_PACKED, 24, [func(), *times(16), overrun(32, 8), depth(40)], 48),
    # listed in another order than they stand in memory
    "4.8": Layout(ENTRY_PACKED, 20, [func(), *times(24), overrun(16, 8), depth(40)], 44,
                  notrace=True),
    "5.12": Layout(ENTRY_PACKED, 20, [func(), depth(16), overrun(20, 4), *times(24)], 40),
    "6.5": Layout(ENTRY_PACKED, 20, EXIT_6_5, 48),
    "6.13": Layout(ENTRY_PACKED, 20, EXIT_6_5, 48,
                   [func(), depth(16), Field("retaddr", 20, 8)], 28),
    "6.15": Layout([func(), depth(16, 4, False), ARGS], 24, EXIT_6_5, 48),
    "6.19": Layout([func(), depth(16, 8, False), ARGS], 24, EXIT_6_5, 48,
                   [func(), depth(16, 8, False), Field("retaddr", 24, 8),
                    Field("args", 32, 0)], 32),
    "32-5.12": Layout([func(8, 4), depth(12)], 16,
                      [func(8, 4), depth(12), overrun(16, 4), *times(20)], 36, long_size=4),
    # described as if the times were aligned to their size
    "32-6.14": Layout([func(8, 4), depth(12)], 16,
                      [func(8, 4), depth(12), overrun(16, 4), *times(20, 24)], 36, long_size=4),
    # a longer header in front of packed records, described as if those were aligned
    "rt-5.6": Layout([func(12, described=16), depth(20, described=24)], 24,
                     [func(12, described=16), *times(28, 32),
                      overrun(20, 8, described=24), depth(44, described=48)], 48,
                     header_size=12),
}


class Encoder:
    """Records as bytes, and their descriptions."""

    def __init__(self, layout, is_big=False):
        self.layout = LAYOUTS[layout]
        self.order = ">" if is_big else "<"

    def header_fields(self):
        fields = [Field("common_type", 0, 2, kind="unsigned short"),
                  Field("common_flags", 2, 1, kind="unsigned char"),
                  Field("common_preempt_count", 3, 1, kind="unsigned char"),
                  Field("common_pid", 4, 4, True, kind="int")]
        if self.layout.header_size > 8:
            fields += [Field("common_migrate_disable", 8, 1, kind="unsigned char"),
                       Field("common_preempt_lazy_count", 9, 1, kind="unsigned char")]
        return fields

    def describe(self, name, number, fields):
        text = f"name: {name}\nID: {number}\nformat:\n"
        text += "".join(item.describe() for item in self.header_fields()) + "\n"
        text += "".join(item.describe() for item in fields)
        # what is printed may look like anything, a field too
        shown = '"%ps field: depth; offset:1; size:2;", (void *)REC->func'
        if not any(item.name == "func" for item in fields):
            shown = '"vcpu"'
        return f"{text}\nprint fmt: {shown}\n".encode()

    def descriptions(self):
        layout = self.layout
        found = [self.describe("bprint", 6, [Field("ip", 8, 8)]),
                 self.describe("funcgraph_entry", ENTRY_ID, layout.entry),
                 self.describe("funcgraph_exit", EXIT_ID, layout.exit)]
        if layout.retaddr:
            found.append(self.describe("fgraph_retaddr_entry", RETADDR_ID, layout.retaddr))
        return found

    def header(self, number, pid):
        return struct.pack(self.order + "HBBi", number, 0, 0, pid) + \
            bytes(self.layout.header_size - 8)

    def pack(self, number, pid, fields, size, values):
        record = bytearray(self.header(number, pid).ljust(size, b"\0"))
        for item in fields:
            if item.size and item.name in values:
                value = values[item.name] & (1 << 8 * item.size) - 1
                record[item.offset:item.offset + item.size] = value.to_bytes(
                    item.size, "big" if self.order == ">" else "little")
        return bytes(record)

    def entry(self, pid, address, level, retaddr=None, args=()):
        layout, values = self.layout, {"func": address, "depth": level}
        if retaddr is not None and layout.retaddr:
            values["retaddr"] = retaddr
            return self.pack(RETADDR_ID, pid, layout.retaddr, layout.retaddr_size, values)
        tail = b"".join(struct.pack(self.order + "Q", value) for value in args)
        return self.pack(ENTRY_ID, pid, layout.entry, layout.entry_size, values) + tail

    def exit(self, pid, address, level, calltime, rettime):
        return self.pack(EXIT_ID, pid, self.layout.exit, self.layout.exit_size,
                         {"func": address, "depth": level, "calltime": calltime,
                          "rettime": rettime, "overrun": 0, "retval": 0xffffffea})

    def event(self, pid, payload=b"", number=EVENT_ID):
        return self.header(number, pid) + payload


class Pages:
    """The ring buffer of one CPU: records go in, pages come out."""

    def __init__(self, encoder, page_size=4096, stamps=False):
        self.order, self.long_size = encoder.order, encoder.layout.long_size
        self.page_size, self.stamps = page_size, stamps
        self.pages = []
        self.data = b""
        self.start = self.time = 0
        self.is_open = False
        self.flags, self.lost_count = 0, None

    def word(self, number):
        return struct.pack(self.order + "I", number)

    def first_word(self, kind, delta):
        return self.word(kind << DELTA_BITS | delta if self.order == ">" else delta << 5 | kind)

    def room(self):
        """For records: a number of lost events has to fit in behind them."""
        count_size = self.long_size if self.lost_count is not None else 0
        return self.page_size - 8 - self.long_size - count_size

    def time_entry(self, time):
        """What has to stand in front of an entry for its time, and what is left for the entry."""
        delta = time - self.time
        if self.stamps and delta:
            low, high = time & (1 << DELTA_BITS) - 1, time >> DELTA_BITS & 0xffffffff
            return self.first_word(TYPE_TIME_STAMP, low) + self.word(high), 0
        if delta < 1 << DELTA_BITS:
            return b"", delta
        low, high = delta & (1 << DELTA_BITS) - 1, delta >> DELTA_BITS
        return self.first_word(TYPE_TIME_EXTEND, low) + self.word(high), 0

    def data_entry(self, payload, delta):
        payload += bytes(-len(payload) % 4)
        if len(payload) <= 28 * 4:
            return self.first_word(len(payload) // 4, delta) + payload
        return self.first_word(0, delta) + self.word(len(payload) + 4) + payload

    def add(self, time, payload):
        self.add_entry(time, lambda delta: self.data_entry(payload, delta))

    def add_hole(self, time, size):
        """A record that was taken back after it had been given its place."""
        self.add_entry(time, lambda delta: self.first_word(TYPE_PADDING, max(delta, 1)) +
                       self.word(size - 4) + bytes(size - 8))

    def add_entry(self, time, make):
        if self.is_open:
            before, delta = self.time_entry(time)
            entry = before + make(delta)
            if len(self.data) + len(entry) <= self.room():
                self.data += entry
                self.time = time
                return
            self.close_page()
        self.is_open, self.start, self.time = True, time, time
        self.data = make(0)

    def lose(self, count=None):
        """Events are lost before the next record; count None: the page does not tell how many."""
        self.close_page()
        self.flags, self.lost_count = LOST, count

    def close_page(self):
        if not self.is_open:
            return
        commit, data = len(self.data) | self.flags, self.data
        if self.lost_count is not None:
            commit |= LOST_COUNTED
            data += self.lost_count.to_bytes(self.long_size,
                                             "big" if self.order == ">" else "little")
        head = struct.pack(self.order + ("QQ" if self.long_size == 8 else "QI"),
                           self.start, commit)
        self.pages.append((head + data).ljust(self.page_size, b"\0"))
        self.is_open, self.data = False, b""
        self.flags, self.lost_count = 0, None

    def bytes(self):
        self.close_page()
        return b"".join(self.pages)


@dataclass
class Buffer:
    """What one instance of the tracer recorded: pages by CPU."""
    name: str
    cpus: dict
    clock: str = "local"


def pack_block(packing, block):
    if packing == "zlib":
        return zlib.compress(block, 9)
    return subprocess.run(["zstd", "-q", "-c"], input=block, stdout=subprocess.PIPE,
                          check=True).stdout


class File:
    """A whole trace.dat."""

    def __init__(self, encoder, page_size=4096, packing="none"):
        self.encoder, self.order = encoder, encoder.order
        self.page_size, self.packing = page_size, packing
        self.symbols = self.comms = ""
        self.release = "6.1.0-test"
        self.extra_options = []  # (id, bytes)
        self.bytes = bytearray()

    def number(self, size, value):
        return value.to_bytes(size, "big" if self.order == ">" else "little")

    def initial(self, version):
        long_size = self.encoder.layout.long_size
        return MAGIC + version.encode() + b"\0" + bytes([self.order == ">", long_size]) + \
            self.number(4, 4096)

    def page_header(self):
        size = self.encoder.layout.long_size
        lines = [("u64 timestamp", 0, 8, 0), ("local_t commit", 8, size, 1),
                 ("int overwrite", 8, 1, 1), ("char data", 8 + size,
                                              self.page_size - 8 - size, 1)]
        page = "".join(f"\tfield: {name};\toffset:{offset};\tsize:{length};\tsigned:{sign};\n"
                       for name, offset, length, sign in lines).encode()
        event = b"# compressed entry header\n"
        return b"header_page\0" + self.number(8, len(page)) + page + \
            b"header_event\0" + self.number(8, len(event)) + event

    def formats(self):
        texts = self.encoder.descriptions()
        return self.number(4, len(texts)) + \
            b"".join(self.number(8, len(text)) + text for text in texts)

    def event_formats(self):
        texts = [self.encoder.describe("kvm_entry", EVENT_ID, []),
                 self.encoder.describe("kvm_exit", OTHER_ID, [])]
        return self.number(4, 1) + b"kvm\0" + self.number(4, len(texts)) + \
            b"".join(self.number(8, len(text)) + text for text in texts)

    def text(self, size, text):
        return self.number(size, len(text)) + text.encode()

    def option(self, number, value):
        return self.number(2, number) + self.number(4, len(value)) + value

    def uname(self):
        return f"Linux host {self.release} x86_64".encode() + b"\0"

    def add(self, data):
        place = len(self.bytes)
        self.bytes += data
        return place

    def align(self):
        self.bytes += bytes(-len(self.bytes) % self.page_size)

    # ---- version 7

    def section(self, number, content, is_packed=True):
        flags = int(is_packed and self.packing != "none")
        if flags:
            packed = pack_block(self.packing, content)
            content = self.number(4, len(packed)) + self.number(4, len(content)) + packed
        return self.add(self.number(2, number) + self.number(2, flags) + self.number(4, 0) +
                        self.number(8, len(content)) + content)

    def options(self, options):
        """A section of options; returns its place and that where the next one's is to be put."""
        place = self.section(0, options + self.option(0, self.number(8, 0)), is_packed=False)
        return place, len(self.bytes) - 8

    def chunks(self, pages):
        if self.packing == "none":
            self.align()
            return self.add(pages), len(pages)
        step = PAGES_PER_CHUNK * self.page_size
        blocks = [pages[at:at + step] for at in range(0, len(pages), step)]
        place, size = self.add(self.number(4, len(blocks))), 0
        for block in blocks:
            packed = pack_block(self.packing, block)
            self.add(self.number(4, len(packed)) + self.number(4, len(block)) + packed)
            size += 8 + len(packed)
        return place, size

    def buffer_option(self, buffer):
        """Writes the section of a buffer; returns the option that describes it."""
        flags = int(self.packing != "none")
        place = self.add(self.number(2, 3) + self.number(2, flags) + self.number(4, 0) +
                         self.number(8, 0))
        rows = b""
        for cpu, pages in sorted(buffer.cpus.items()):
            offset, size = self.chunks(pages)
            rows += self.number(4, cpu) + self.number(8, offset) + self.number(8, size)
        value = self.number(8, place) + buffer.name.encode() + b"\0" + \
            buffer.clock.encode() + b"\0" + self.number(4, self.page_size) + \
            self.number(4, len(buffer.cpus)) + rows
        return self.option(3, value)

    def write_7(self, buffers):
        self.bytes = bytearray(self.initial("7") + self.packing.encode() + b"\x001.0\0")
        start = self.add(self.number(8, 0))
        places = [(16, self.section(16, self.page_header())),
                  (17, self.section(17, self.formats())),
                  (18, self.section(18, self.event_formats())),
                  (19, self.section(19, self.text(4, self.symbols))),
                  (20, self.section(20, self.text(4, ""))),
                  (21, self.section(21, self.text(8, self.comms)))]
        options = b"".join(self.option(number, self.number(8, place))
                           for number, place in places)
        options += self.option(5, self.uname())
        options += b"".join(self.option(*option) for option in self.extra_options)
        # the buffers come in a second section of options, as trace-cmd has it
        first, next_place = self.options(options)
        later = b"".join(self.buffer_option(buffer) for buffer in buffers)
        second, _ = self.options(later)
        self.bytes[start:start + 8] = self.number(8, first)
        self.bytes[next_place:next_place + 8] = self.number(8, second)
        return bytes(self.bytes)

    # ---- version 6

    def write_6(self, buffers):
        top = next(buffer for buffer in buffers if not buffer.name)
        others = [buffer for buffer in buffers if buffer.name]
        cpu_count = max(cpu for buffer in buffers for cpu in buffer.cpus) + 1
        self.bytes = bytearray(self.initial("6") + self.page_header() + self.formats() +
                               self.event_formats() + self.text(4, self.symbols) +
                               self.text(4, "") + self.text(8, self.comms) +
                               self.number(4, cpu_count) + b"options  \0")
        self.add(self.option(4, b"") + self.option(5, self.uname()))
        self.add(b"".join(self.option(*option) for option in self.extra_options))
        spots = [(buffer, self.add(self.option(3, bytes(8) + buffer.name.encode() + b"\0")) + 6)
                 for buffer in others]
        self.add(self.option(8, self.number(4, cpu_count)) + self.number(2, 0))
        table = b"flyrecord\0" + bytes(16 * cpu_count)
        tables = [(top, self.add(table) + 10)]
        self.add(self.text(8, f"[{top.clock}]"))
        for buffer, spot in spots:
            place = self.add(table)
            self.bytes[spot:spot + 8] = self.number(8, place)
            tables.append((buffer, place + 10))
        for buffer, place in tables:
            for cpu in range(cpu_count):
                self.align()
                pages = buffer.cpus.get(cpu, b"")
                row = self.number(8, self.add(pages)) + self.number(8, len(pages))
                self.bytes[place + 16 * cpu:place + 16 * cpu + 16] = row
        return bytes(self.bytes)
