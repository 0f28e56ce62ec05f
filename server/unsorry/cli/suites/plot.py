"""A plot of pass rates over time, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from unsorry.cli.suites.results import Result, series_of

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 150, 24, 48
_COLOURS: Final = ("#1b6ca8", "#c9662b", "#4c9a52", "#8a5fb0", "#b8a028", "#c04a6b", "#4aa3a3", "#7a7a7a", "#333333")


def pass_rates(results: Sequence[Result], budget: float) -> str:
    """Which part of the holes each series has proved after how many seconds."""
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for tick in range(5):
        y = _y(tick / 4)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{25 * tick}%</text>')
        x = _x(budget * tick / 4, budget)
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{budget * tick / 4:g}</text>'
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">seconds for each hole</text>')
    for place, series in enumerate(series_of(results)):
        colour = _COLOURS[place % len(_COLOURS)]
        shots = (r.shot(series, budget) for r in results)
        times = sorted(s.seconds for s in shots if s.proved and s.seconds <= budget)
        width = 2.5 if place == 0 else 1.5
        # More series than colours are told apart by how they are drawn.
        dash = ' stroke-dasharray="5 3"' if place >= len(_COLOURS) else ""
        look = f'fill="none" stroke="{colour}" stroke-width="{width}"{dash}'
        parts.append(f'<path d="{_steps(times, len(results), budget)}" {look}/>')
        y = _TOP + 16 * place + 8
        x = _WIDTH - _RIGHT + 14
        parts.append(f'<path d="M{x} {y}h18" {look}/>')
        parts.append(f'<text x="{x + 24}" y="{y + 4}">{escape(series)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(seconds: float, budget: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / budget


def _y(rate: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * rate


def _steps(times: Sequence[float], holes: int, budget: float) -> str:
    path = [f"M{_x(0, budget):.1f} {_y(0):.1f}"]
    for number, seconds in enumerate(times, 1):
        path.append(f"H{_x(seconds, budget):.1f}V{_y(number / holes):.1f}")
    return "".join([*path, f"H{_x(budget, budget):.1f}"])
