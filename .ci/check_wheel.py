"""Refuse a wheel that is 200 kB or more, or that holds anything but the package."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

LIMIT = 200_000


def main(wheel: Path) -> int:
    size = wheel.stat().st_size
    names = zipfile.ZipFile(wheel).namelist()
    strays = [n for n in names if not n.startswith(("tinygrad_kr/", "tinygrad_kr-"))]
    print(f"{wheel.name}: {size / 1000:.1f} kB of {LIMIT / 1000:.0f} kB, {len(names)} files")
    if strays:
        print(f"holds more than the package: {strays}")
    if "tinygrad_kr/py.typed" not in names:
        print("py.typed is missing")
        return 1
    return int(size >= LIMIT or bool(strays))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
