"""Refuse a wheel that holds anything but the package, or whose rooms are too heavy.

The core is what ``import tinygrad_kr`` brings, here and now. What it does not bring is weighed
beside it, each with a limit of its own: the rooms of the top floor, and the breadth, which is all
the rest.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

LIMITS = {
    "core": 240_000, "breadth": 260_000, "testing": 40_000, "book": 30_000, "tune": 15_000,
    "viz": 40_000,
}  # fmt: skip
CODE = "import tinygrad_kr, sys; print(*(n for n in sys.modules if n.startswith('tinygrad_kr')))"


def room_of(name: str, brought: set[str]) -> str:
    """Of a file of the wheel, by its path."""
    room, _, rest = name.partition("/")
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if room != "tinygrad_kr" or module in brought:
        return "core"
    top = rest.split("/")[0]
    return top if top in LIMITS else "breadth"


def main(wheel: Path) -> int:
    members = zipfile.ZipFile(wheel).infolist()
    names = [m.filename for m in members]
    strays = [n for n in names if not n.startswith(("tinygrad_kr/", "tinygrad_kr-"))]
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    brought = set(run.stdout.split())
    weights = dict.fromkeys(LIMITS, 0)
    for member in members:
        weights[room_of(member.filename, brought)] += member.compress_size
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
