"""Refuse a wheel that holds anything but the package, or whose rooms are too heavy.

The core is what ``import tinygrad_kr`` brings. What it never imports is weighed beside it, each
room with a limit of its own: the rooms of the top floor, and the breadth, which lies in folders and
files called ``more`` and in the modules that PyTorch's users know by name.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

LIMITS = {
    "core": 250_000, "breadth": 240_000, "testing": 40_000, "book": 30_000, "tune": 15_000,
    "viz": 40_000,
}  # fmt: skip
BREADTH = {
    "accelerator", "backends", "bridge", "distributions", "func", "linalg", "more", "profiler",
    "scripting", "special",
}  # fmt: skip


def room_of(name: str) -> str:
    """Of a file of the wheel, by its path."""
    parts = [part.removesuffix(".py") for part in name.split("/")[1:]]
    if not BREADTH.isdisjoint(parts):
        return "breadth"
    return parts[0] if parts[0] in LIMITS else "core"


def main(wheel: Path) -> int:
    members = zipfile.ZipFile(wheel).infolist()
    names = [m.filename for m in members]
    strays = [n for n in names if not n.startswith(("tinygrad_kr/", "tinygrad_kr-"))]
    weights = dict.fromkeys(LIMITS, 0)
    for member in members:
        weights[room_of(member.filename)] += member.compress_size
    print(f"{wheel.name}: {wheel.stat().st_size / 1000:.1f} kB, {len(names)} files")
    for room, weight in weights.items():
        print(f"  {room} {weight / 1000:.1f} kB of {LIMITS[room] / 1000:.0f}")
    if strays:
        print(f"holds more than the package: {strays}")
    if "tinygrad_kr/py.typed" not in names:
        print("py.typed is missing")
        return 1
    return int(bool(strays) or any(weights[room] >= LIMITS[room] for room in weights))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
