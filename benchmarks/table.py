"""What a benchmark found: rows for people, figures for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Table", "ratio", "significant"]


@dataclass(frozen=True, slots=True)
class Table:
    """One benchmark's result."""

    name: str
    #: what is measured, in one line
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    #: the same for JSON, before rounding
    figures: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Plain aligned text: names to the left, figures to the right."""
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [f"{self.name}: {self.title}", ""]
        for first, *others in lines:
            cells = [
                first.ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)),
            ]
            text.append("  " + "  ".join(cells).rstrip())
        return "\n".join(text)


def significant(value: float) -> str:
    """Three significant digits, and commas between thousands.

    >>> significant(226_431.0), significant(3_456.7), significant(81.25), significant(0.01234)
    ('226,000', '3,460', '81.2', '0.0123')
    """
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:#.3g}"


def ratio(value: float) -> str:
    """Two decimals, more where fewer than two significant digits would be left: what the method can tell apart.

    A difference of two timings may be nothing, or less than nothing where the machine was busy: it is shown as it is.

    >>> ratio(0.6512), ratio(0.002), ratio(1.234), ratio(-0.5), ratio(0.0)
    ('0.65', '0.0020', '1.23', '-0.50', '0.00')
    """
    decimals = 1 - math.floor(math.log10(abs(value))) if value else 2
    return f"{value:.{max(2, decimals)}f}"
