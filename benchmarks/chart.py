"""The figures of ``decode`` and ``encode`` as a picture: how many times as long as isoill each peer takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.table import Table, significant

__all__ = ["draw"]

_COLOURS = {"decode": "#2b6cb0", "encode": "#dd8a3c"}
_LABELS = {"libyaz": "libyaz (C)", "msgspec": "msgspec (MessagePack)"}


def draw(tables: Sequence[Table], path: Path) -> None:
    """Horizontal bars on a logarithmic scale, of the first message; the same figures give the same file."""
    from matplotlib import rc_context  # noqa: PLC0415 - nothing else here needs matplotlib
    from matplotlib.figure import Figure  # noqa: PLC0415

    message = next(iter(tables[0].figures))
    times: dict[str, Mapping[str, float]] = {t.name: t.figures[message]["peer_by_isoill"] for t in tables}
    names = ["isoill", *times[tables[0].name]]
    height = 0.8 / len(times)
    with rc_context({"svg.hashsalt": "isoill", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(7.2, 0.55 * len(names) + 1.0), layout="constrained")
        axes = figure.subplots()
        for index, (direction, by_peer) in enumerate(times.items()):
            values = [by_peer.get(name, 1.0) for name in names]
            places = [row + (index - (len(times) - 1) / 2) * height for row in range(len(names))]
            bars = axes.barh(places, values, height * 0.92, label=direction, color=_COLOURS[direction])
            axes.bar_label(bars, [significant(value) for value in values], padding=3)
        axes.set_xscale("log")
        axes.set_yticks(range(len(names)), [_LABELS.get(name, name) for name in names])
        axes.invert_yaxis()
        axes.axvline(1, color="#444444", linewidth=0.8)
        axes.set_xlim(min(0.5, *(v for by_peer in times.values() for v in by_peer.values())), axes.get_xlim()[1] * 2)
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.set_xlabel(f"time for one {message}, as a multiple of isoill's")
        axes.legend(loc="upper right", frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
