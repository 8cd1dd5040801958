"""``python -m tests.benchmarks``: measure, and write what was found."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from . import tables
from .runner import NAMES, ROOT, Result, benchmark, measure


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "speed.json"
    results = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for what in (options.what or NAMES) if options.rounds else ():
        name, _, wanted = what.partition(":")
        if name not in NAMES:
            sys.exit(f"{name} is none of {', '.join(NAMES)}")
        found = benchmark(name)
        cases = [c for c in found.cases if wanted in c]
        subjects = [s for s in found.subjects if not options.only or s in options.only.split(",")]
        result = measure(name, options.rounds, cases, subjects, options.data)
        print(tables.table(name, result), end="\n\n", flush=True)
        if wanted and name in results:
            values = results[name]["values"] | result["values"]
            result["values"] = {c: values[c] for c in found.cases if c in values}
        results[name] = result
        file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (options.out / "speed.md").write_text(tables.page(results), encoding="utf-8")
    _draw(results, options.out)
    if options.docs:
        _draw(results, ROOT / "docs" / "images")
        for name, language in (("speed.md", "en"), ("speed.ko.md", "ko")):
            tables.fill(ROOT / "docs" / name, results, language)
    return 0


def _draw(results: dict[str, Result], folder: Path) -> None:
    try:
        from docs.figures.speed import draw
    except ImportError as error:
        print(f"The figures are left out: {error}", file=sys.stderr)
    else:
        draw(results, folder)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "what", nargs="*", help=f"some of {', '.join(NAMES)} (all); networks:book is one case"
    )
    parser.add_argument("--only", metavar="NAMES", help="subjects, with commas between them (all)")
    parser.add_argument(
        "--rounds",
        type=int,
        default=5,
        metavar="N",
        help="of each number (5); 0 only writes again what is in DIR",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("speed"), metavar="DIR", help="for speed.json and speed.md"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="MNIST's four files, for main_job")
    parser.add_argument("--docs", action="store_true", help="fill the tables of docs/speed*.md")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
