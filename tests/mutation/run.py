"""How a mutant is tried: in a process of its own, against the tests that run the changed place.

The process comes from a warm fork server (or is a new interpreter, where there is none). It imports
the package through a hook that compiles one module from the broken source; no file is changed.
"""

from __future__ import annotations

import ast
import builtins
import multiprocessing
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing.connection import Connection
from typing import Any

import pytest
from hypothesis import Phase, settings

from .mutants import PACKAGE, ROOT, Mutant, read

#: Where the own tests of an operation or a rule are looked for.
CANDIDATES = ("tests/proofs", "tests/ops", "tests/optim", "tests/autograd", "tests/nn")
OWN_SECONDS = 10.0  # of tests that a mutant meets, the likeliest to notice first
TIMEOUT = 60.0
WHOLE_TIMEOUT = 1200.0

Site = tuple[str, int, int]
Source = str | ast.Module


# In the process of a mutant


class _Loader(SourceFileLoader):
    """A module compiled from another source than its file's."""

    def __init__(self, name: str, path: str, source: Source) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> Any:
        return compile(self.source, self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.sources = sources

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self.sources:
            return None
        file = str(ROOT / (name.replace(".", "/") + ".py"))
        return spec_from_file_location(name, file, loader=_Loader(name, file, self.sources[name]))


class _Watch:
    """A pytest plugin: notes how each test went, and the places of the package that it ran."""

    def __init__(self) -> None:
        self.hits: set[Site] = set()
        self.notes: dict[str, Note] = {}

    def pytest_sessionstart(self) -> None:
        # The examples and the verdicts of the default profile, without the search for a smaller
        # example of a failure.
        phases = [p for p in Phase if p not in (Phase.shrink, Phase.explain)]
        default = settings.get_profile("default")
        settings.register_profile(
            "mutation", default, phases=phases, report_multiple_bugs=False, database=None
        )
        settings.load_profile("mutation")

    def pytest_runtest_setup(self) -> None:
        self.hits.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or (report.passed and report.when == "call"):
            note = Note(report.passed, report.duration, frozenset(self.hits))
            self.notes[report.nodeid] = note

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.notes[report.nodeid] = Note(False, 0.0, frozenset())


@dataclass(frozen=True)
class Note:
    """How a test went."""

    passed: bool
    seconds: float
    sites: frozenset[Site]


def _session(
    connection: Connection, sources: Mapping[str, Source], arguments: Sequence[str]
) -> None:
    """Run pytest on a broken package; send the notes, or None where it cannot be imported."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    sys.meta_path.insert(0, _Finder(sources))
    # A kill must not hang on what a newcomer has not installed.
    sys.modules["torch"] = None  # type: ignore[assignment]
    watch = _Watch()
    vars(builtins)["__hit__"] = watch.hits.add
    try:
        __import__(PACKAGE)
    except Exception:
        connection.send((None, time.process_time()))
        return
    options = ["-q", "--tb=no", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    code = pytest.main([*options, *arguments], plugins=[watch])
    if code == pytest.ExitCode.USAGE_ERROR:
        # A test of this name is there no more.
        watch.notes["collection"] = Note(False, 0.0, frozenset())
    connection.send((watch.notes, time.process_time()))


# In the process of the tool


class Died(Exception):
    """The process did not answer: it was late, or crashed."""

    def __init__(self, late: bool) -> None:
        super().__init__("out of time" if late else "crashed")
        self.late = late


def _context() -> Any:
    """How processes are made: forked from a server that has imported what is slow, or anew."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["numpy", "pytest", "hypothesis.extra.numpy", __name__])
    return context


_processes = _context()


def _run(
    sources: Mapping[str, Source], arguments: Sequence[str], timeout: float
) -> tuple[dict[str, Note] | None, float]:
    """The notes of a session, and the seconds of work that it was."""
    mine, its = _processes.Pipe(duplex=False)
    process = _processes.Process(target=_session, args=(its, sources, arguments))
    process.start()
    its.close()
    try:
        if not mine.poll(timeout):
            raise Died(late=True)
        told: tuple[dict[str, Note] | None, float] = mine.recv()
        return told
    except EOFError:
        raise Died(late=False) from None
    finally:
        process.kill()
        process.join()
        mine.close()


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: killed (by which test), timeout, survived, or stillborn."""

    mutant: Mutant
    outcome: str
    by: str
    seconds: float


def face(mutant: Mutant, tests: Sequence[str], timeout: float = TIMEOUT) -> Verdict:
    """Let a mutant meet tests, until one fails."""
    if not tests:
        return Verdict(mutant, "survived", "no test runs it", 0.0)
    try:
        notes, seconds = _run({mutant.module: mutant.source}, ["-x", *tests], timeout)
    except Died as death:
        return Verdict(mutant, "timeout" if death.late else "killed", str(death), timeout)
    if notes is None:
        return Verdict(mutant, "stillborn", "", seconds)
    if not notes:
        raise RuntimeError(f"pytest ran none of {tests}")
    for test, note in notes.items():
        if not note.passed:
            return Verdict(mutant, "killed", test, seconds)
    return Verdict(mutant, "survived", f"{len(notes)} tests", seconds)


def failing(tests: Sequence[str]) -> list[str]:
    """Those of the tests that fail on the unbroken package."""
    notes, _ = _run({}, tests, WHOLE_TIMEOUT)
    return [test for test, note in (notes or {}).items() if not note.passed]


def in_turn(jobs: int, task: Callable[..., Any], arguments: Iterable[Any]) -> Iterator[Any]:
    """The results of ``task`` for each argument, as they come."""
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(task, *a) for a in arguments]
        try:
            yield from (done.result() for done in as_completed(waiting))
        finally:
            pool.shutdown(cancel_futures=True)


# Which tests a mutant meets


def watched(module: str, sites: set[tuple[int, int]]) -> ast.Module:
    """A module that notes, of these places, those that run."""
    whole = read(module)

    class Watching(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            known = isinstance(node, ast.expr | ast.stmt) and whole.span(node) in sites
            if not known:
                return self.generic_visit(node)
            where: Any = (module, *whole.span(node))
            hit = ast.Call(ast.Name("__hit__", ast.Load()), [ast.Constant(where)], [])
            self.generic_visit(node)
            if isinstance(node, ast.stmt):
                return [ast.Expr(hit), node]
            pair = ast.Tuple([hit, node], ast.Load())  # type: ignore[list-item]
            return ast.Subscript(pair, ast.Constant(1), ast.Load())

    tree: ast.Module = ast.fix_missing_locations(Watching().visit(whole.tree))
    return tree


def survey(mutants: Sequence[Mutant], jobs: int) -> dict[str, Note]:
    """How each candidate test goes on the whole package, and which of the places it runs."""
    sites: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for mutant in mutants:
        sites[mutant.module].add(mutant.site)
    sources = {module: watched(module, places) for module, places in sites.items()}
    paths = [ROOT / c for c in CANDIDATES]
    files = [f for p in paths for f in ([p] if p.is_file() else sorted(p.glob("test_*.py")))]
    tasks = [(sources, [str(f.relative_to(ROOT))], WHOLE_TIMEOUT) for f in files]
    notes: dict[str, Note] = {}
    for found, _ in in_turn(jobs, _run, tasks):
        if found is None:
            raise RuntimeError("The package cannot be imported.")
        notes |= found
    return notes


def own_tests(mutant: Mutant, notes: Mapping[str, Note]) -> list[str]:
    """The tests that run the changed place: those of its name first, then the quickest."""
    site = (mutant.module, *mutant.site)
    word = "|".join(re.escape(s.replace("_", " ").lower()) for s in sorted(mutant.subjects))
    named = re.compile(rf"\b({word})\b")

    def order(test: str) -> tuple[bool, float]:
        said = test.partition("::")[2].replace("_", " ").lower()
        return not named.search(said), notes[test].seconds

    tests = [t for t, note in notes.items() if note.passed and site in note.sites]
    chosen: list[str] = []
    seconds = 0.0
    for test in sorted(tests, key=order):
        seconds += notes[test].seconds
        if seconds > OWN_SECONDS and chosen:
            break
        chosen.append(test)
    return chosen
