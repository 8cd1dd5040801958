"""Refuse a wheel that holds anything but the package, or whose core is 200 kB or more.

The core is what ``import tinygrad_kr`` needs to train a network; the testing kit is weighed beside
it, with a limit of its own.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

CORE_LIMIT = 200_000
KIT_LIMIT = 40_000
KIT = "tinygrad_kr/testing/"


def main(wheel: Path) -> int:
    members = zipfile.ZipFile(wheel).infolist()
    names = [m.filename for m in members]
    kit = sum(m.compress_size for m in members if m.filename.startswith(KIT))
    core = sum(m.compress_size for m in members if not m.filename.startswith(KIT))
    strays = [n for n in names if not n.startswith(("tinygrad_kr/", "tinygrad_kr-"))]
    print(f"{wheel.name}: {wheel.stat().st_size / 1000:.1f} kB, {len(names)} files")
    print(f"core {core / 1000:.1f} kB of {CORE_LIMIT / 1000:.0f}, testing {kit / 1000:.1f} kB of "
          f"{KIT_LIMIT / 1000:.0f}")  # fmt: skip
    if strays:
        print(f"holds more than the package: {strays}")
    if "tinygrad_kr/py.typed" not in names:
        print("py.typed is missing")
        return 1
    return int(core >= CORE_LIMIT or kit >= KIT_LIMIT or bool(strays))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
