# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mutants of the traces of scenarios."""

from __future__ import annotations

from mutant_table import mutant  # noqa: F401
