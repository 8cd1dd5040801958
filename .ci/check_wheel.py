"""Refuse a wheel that holds anything but the package, or whose rooms are too heavy.

The core is what ``import tinygrad_kr`` needs to train a network. The rooms on the top floor, which
it never imports, are weighed beside it, each with a limit of its own.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

CORE_LIMIT = 225_000
ROOM_LIMITS = {"testing": 40_000, "book": 30_000, "tune": 15_000, "viz": 40_000}


def main(wheel: Path) -> int:
    members = zipfile.ZipFile(wheel).infolist()
    names = [m.filename for m in members]
    strays = [n for n in names if not n.startswith(("tinygrad_kr/", "tinygrad_kr-"))]
    weights = dict.fromkeys(["core", *ROOM_LIMITS], 0)
    for member in members:
        room = member.filename.split("/")[1].removesuffix(".py")
        weights[room if room in ROOM_LIMITS else "core"] += member.compress_size
    limits = {"core": CORE_LIMIT} | ROOM_LIMITS
    print(f"{wheel.name}: {wheel.stat().st_size / 1000:.1f} kB, {len(names)} files")
    for room, weight in weights.items():
        print(f"  {room} {weight / 1000:.1f} kB of {limits[room] / 1000:.0f}")
    if strays:
        print(f"holds more than the package: {strays}")
    if "tinygrad_kr/py.typed" not in names:
        print("py.typed is missing")
        return 1
    return int(bool(strays) or any(weights[room] >= limits[room] for room in weights))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
