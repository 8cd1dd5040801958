"""``python -m tests.mutation``: break the mathematics, and see the tests notice."""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from .equivalent import EQUIVALENT
from .mutants import Mutant, mutants
from .run import WHOLE_TIMEOUT, Verdict, face, failing, in_turn, own_tests, survey

KILLED = ("killed", "timeout")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    every = list(mutants())
    chosen = [m for m in every if re.search(options.only, m.id)]
    if options.sample:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    if options.list:
        print(*(f"{m.line:4} {m.id}" for m in chosen), sep="\n")
        return 0
    if options.full:
        candidates = [m for m in chosen if m.id not in EQUIVALENT]
        few = random.Random(options.seed).sample(candidates, min(options.full, len(candidates)))
        return _report(_whole_run(few, options.jobs), [])
    start = time.perf_counter()
    notes = survey(chosen, options.jobs)
    for test in sorted(t for t, note in notes.items() if not note.passed):
        print(f"fails on the whole package, and is left out: {test}")
    print(f"{len(chosen)} mutants, {len(notes)} tests ({time.perf_counter() - start:.0f} s)")
    tasks = [(m, own_tests(m, notes)) for m in chosen]
    verdicts = _watch(in_turn(options.jobs, face, tasks), len(tasks), log=options.log)
    if options.survivors:
        again = [v.mutant for v in verdicts if v.outcome == "survived"]
        verdicts = [v for v in verdicts if v.outcome != "survived"]
        verdicts += _whole_run([m for m in again if m.id not in EQUIVALENT], options.jobs)
    made = {m.id for m in every}
    gone = [id for id in EQUIVALENT if id not in made]
    print(f"{time.perf_counter() - start:.0f} s, {sum(v.seconds for v in verdicts):.0f} of work")
    return _report(verdicts, gone)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", default="", metavar="PATTERN", help="ids that match a regex")
    parser.add_argument("--sample", type=int, metavar="N", help="a random N of them")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="at a time (2)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is random (0)")
    parser.add_argument("--full", type=int, metavar="N", help="a random N face the whole run")
    parser.add_argument("--survivors", action="store_true", help="survivors face the whole run")
    parser.add_argument("--log", metavar="FILE", help="every verdict, a line each")
    parser.add_argument("--list", action="store_true", help="name the mutants and stop")
    return parser.parse_args(arguments)


def _whole_run(few: Sequence[Mutant], jobs: int) -> list[Verdict]:
    if broken := failing(["tests"]):
        sys.exit(f"Nothing can be told: these fail on the whole package, {', '.join(broken)}")
    print(f"{len(few)} mutants against the whole default run")
    tasks = [(m, ["tests"], WHOLE_TIMEOUT) for m in few]
    return _watch(in_turn(jobs, face, tasks), len(tasks), every=1)


def _watch(
    coming: Iterator[Verdict], count: int, every: int = 100, log: str | None = None
) -> list[Verdict]:
    """The verdicts as a list, with a line for each survivor and for each so many others."""
    verdicts: list[Verdict] = []
    with open(log or os.devnull, "w", encoding="utf-8") as file:
        for verdict in coming:
            verdicts.append(verdict)
            told = f"{verdict.outcome} {verdict.seconds:.1f} s {verdict.mutant.id} ({verdict.by})"
            print(told, file=file, flush=True)
            if verdict.outcome == "survived" or len(verdicts) % every == 0:
                print(f"{len(verdicts):5}/{count} {told}", flush=True)
    return verdicts


def _report(verdicts: Sequence[Verdict], gone: Sequence[str]) -> int:
    """Say what became of the mutants; 0 if all were killed but for the equivalent ones."""
    made = [v for v in verdicts if v.outcome != "stillborn"]
    killed = [v for v in made if v.outcome in KILLED]
    lived = [v for v in made if v.outcome not in KILLED]
    survivors = [v.mutant for v in lived if v.mutant.id not in EQUIVALENT]
    false = [v for v in killed if v.mutant.id in EQUIVALENT]
    of_kind, dead = Counter(v.mutant.kind for v in made), Counter(v.mutant.kind for v in killed)
    for kind, count in of_kind.most_common():
        print(f"{kind:16} {dead[kind]:5} / {count}")
    for mutant in survivors:
        print(f"\nsurvived: {mutant.id}\n{mutant.path.name}:{mutant.line}\n{mutant.diff}")
    for verdict in false:
        print(f"listed as equivalent, but killed by {verdict.by}: {verdict.mutant.id}")
    for id in gone:
        print(f"listed as equivalent, but not made any more: {id}")
    outcomes = Counter(v.outcome for v in verdicts)
    print(
        f"killed {len(killed)} / made {len(made)} (stillborn {outcomes['stillborn']}, "
        f"timeout {outcomes['timeout']}, equivalent {len(lived) - len(survivors)})"
    )
    return int(bool(survivors or false or gone))


if __name__ == "__main__":
    sys.exit(main())
