"""PyTorch 스크립트를 그대로 돌린다: ``python -m tinygrad_kr script.py …``.

Run a script of PyTorch as it stands, on this framework; what follows its name is its own.
"""

import runpy
import sys
from pathlib import Path

from tinygrad_kr import bridge


def main() -> None:
    """스크립트를 ``__main__``으로 돌린다.

    Run the script that the command line names as ``__main__``, from its own folder's modules.
    """
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_file():
        given = f"그런 파일이 없습니다, no such file: {sys.argv[1]}\n" if sys.argv[1:] else ""
        print(f"{given}usage: python -m tinygrad_kr script.py [arguments]", file=sys.stderr)
        sys.exit(2)
    del sys.argv[0]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    bridge.install()
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
