"""A figure that carries its own data, so that a notebook stores both and a test can compare figures by what they show.

matplotlib is imported here and this module only where a figure is drawn (`smc.present.figures.new_axes`).
"""

from __future__ import annotations

import base64
import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

DIGITS = 10
"""Significant digits of the stored data."""


class Drawing(Figure):
    """A matplotlib figure that displays itself in a notebook, with `data()` as the metadata of the output."""

    def data(self) -> list[dict[str, Any]]:
        """For each set of axes: title, labels, lines as (label, x, y), bars as (label, value)."""
        return [_axes_data(axes) for axes in self.axes]

    def png(self) -> bytes:
        """The picture, without the name and version of the program that drew it."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
        return buffer.getvalue()

    def __repr__(self) -> str:
        lines = []
        for axes in self.data():
            lines.append(f"figure: {axes['title'] or axes['ylabel']}")
            lines += [f"  {line['label']}: {len(line['x'])} points" for line in axes["lines"] if len(line["x"]) > 2]
            lines += [f"  {bar['label']}: {bar['value']:.4g}" for bar in axes["bars"]]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        picture = base64.b64encode(self.png()).decode()
        return {"image/png": picture, "text/plain": repr(self)}, {"figure": self.data()}


def _number(value: Any) -> float:
    return float(f"{float(value):.{DIGITS}g}")


def _axes_data(axes: Axes) -> dict[str, Any]:
    lines = [
        {
            "label": str(line.get_label()),
            "x": [_number(v) for v in line.get_xdata(orig=True)],  # type: ignore[union-attr]
            "y": [_number(v) for v in line.get_ydata(orig=True)],  # type: ignore[union-attr]
        }
        for line in axes.get_lines()
    ]
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    widths = [_number(bar.get_width()) for bar in axes.patches if hasattr(bar, "get_width")]
    bars = [{"label": name, "value": width} for name, width in zip(names, widths, strict=False)]
    title = axes.get_title(loc="left") or axes.get_title()
    return {"title": title, "xlabel": axes.get_xlabel(), "ylabel": axes.get_ylabel(), "lines": lines, "bars": bars}
