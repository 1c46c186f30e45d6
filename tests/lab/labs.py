# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the lab share: how it is run, and what every boot has to bring home."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "property"))

from common import ROOT, Report, make_parser, require_program, run, run_json  # noqa: E402

__all__ = ["ROOT", "Report", "boot", "folders", "here", "make_parser", "require_program", "run",
           "run_json"]

SCHEMAS = ROOT / "src/render/schema"


def here(name):
    return pathlib.Path(__file__).resolve().parent / name


def boot(report, program, out, *options):
    """Runs the lab; True if it says that all is well. What it says is shown as it comes."""
    command = [program, "lab", "--progress", "never", "-o", str(out), *map(str, options)]
    print("$ kvmgraph " + " ".join(command[1:]), flush=True)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    report.same("lab: exit code", done.returncode, 0)
    report.true("lab: its table says that durations are emulated",
                b"emulated" in done.stdout)
    for folder in folders(out):
        check_folder(report, folder)
    if done.returncode != 0:
        for console in sorted(out.glob("*/console.log")):
            print(f"--- {console.parent.name}\n" + console.read_text(errors="replace")[-3000:])
    return done.returncode == 0


def folders(out):
    """The folder of each boot."""
    return sorted(path.parent for path in out.glob("*/lab.json"))


def check_folder(report, folder):
    """lab.json of one boot."""
    told = json.loads((folder / "lab.json").read_text())
    validate(report, f"{folder.name}/lab.json", told, "lab")
    report.true(f"{folder.name}/lab.json: does not say that durations are emulated",
                "emulated" in told["note"])
    row = told["boots"][0]
    report.same(f"{folder.name}: name in lab.json", row["name"], folder.name)
    report.same(f"{folder.name}: emulated by", row["emulated"],
                {"svm": "qemu-tcg", "vmx": "bochs"}[row["vendor"]])


def validate(report, what, told, schema):
    """Holds JSON against one of the installed schemas."""
    try:
        import jsonschema
    except ImportError:
        report.true(f"{what}: python3-jsonschema is not installed", False)
        return
    rules = json.loads((SCHEMAS / f"kvmgraph.{schema}-1.schema.json").read_text())
    try:
        jsonschema.validate(told, rules)
        report.true(what, True)
    except jsonschema.ValidationError as error:
        report.true(f"{what}: {error.message}", False)
