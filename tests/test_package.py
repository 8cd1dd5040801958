"""The package as a thing to install and import: version, types, documentation, weight."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tinygrad_kr

ROOT = Path(__file__).resolve().parents[1]

PUBLIC = (
    "tinygrad_kr",
    "tinygrad_kr.accelerator",
    "tinygrad_kr.autograd",
    "tinygrad_kr.autograd.functional",
    "tinygrad_kr.autograd.profiler",
    "tinygrad_kr.backends",
    "tinygrad_kr.book",
    "tinygrad_kr.book.functions",
    "tinygrad_kr.book.gradient",
    "tinygrad_kr.book.layers",
    "tinygrad_kr.book.mnist",
    "tinygrad_kr.book.multi_layer_net",
    "tinygrad_kr.book.multi_layer_net_extend",
    "tinygrad_kr.book.optimizer",
    "tinygrad_kr.book.trainer",
    "tinygrad_kr.book.util",
    "tinygrad_kr.bridge",
    "tinygrad_kr.cuda",
    "tinygrad_kr.datasets",
    "tinygrad_kr.distributions",
    "tinygrad_kr.distributions.constraints",
    "tinygrad_kr.errors",
    "tinygrad_kr.func",
    "tinygrad_kr.io",
    "tinygrad_kr.linalg",
    "tinygrad_kr.nn",
    "tinygrad_kr.nn.functional",
    "tinygrad_kr.nn.init",
    "tinygrad_kr.nn.utils",
    "tinygrad_kr.nn.utils.parametrizations",
    "tinygrad_kr.nn.utils.parametrize",
    "tinygrad_kr.nn.utils.rnn",
    "tinygrad_kr.optim",
    "tinygrad_kr.optim.lr_scheduler",
    "tinygrad_kr.optim.swa_utils",
    "tinygrad_kr.profiler",
    "tinygrad_kr.special",
    "tinygrad_kr.testing",
    "tinygrad_kr.transforms",
    "tinygrad_kr.tune",
    "tinygrad_kr.utils.data",
    "tinygrad_kr.vision",
    "tinygrad_kr.vision.models",
    "tinygrad_kr.viz",
    "tinygrad_kr.viz.images",
)


def test_one_version_everywhere() -> None:
    try:
        installed = importlib.metadata.version("tinygrad_kr")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("run from a checkout that is not installed")
    assert installed == tinygrad_kr.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert newest is not None and newest[1] == tinygrad_kr.__version__


def test_the_types_are_shipped() -> None:
    assert (Path(tinygrad_kr.__file__).parent / "py.typed").is_file()


def public_objects(module: ModuleType) -> dict[str, Any]:
    names = getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")])
    found = {name: getattr(module, name) for name in names}
    return {
        name: value
        for name, value in found.items()
        if (inspect.isclass(value) or callable(value) or inspect.ismodule(value))
        and (getattr(value, "__module__", None) or value.__name__).startswith("tinygrad_kr")
    }


def speaks_both(doc: str | None) -> bool:
    """Korean in the first line, and English prose below it, or behind it if there is no more."""
    first, *rest = (doc or "").strip().splitlines() or [""]
    if not rest:
        return bool(re.search(r"[가-힣][^.]*\. [A-Z][^가-힣]+\.$", first))
    return bool(re.search("[가-힣]", first)) and any(
        re.search(r"[A-Za-z]{2,} .*[A-Za-z]{2,}", line) and not re.search("[가-힣]", line)
        for line in rest
    )


@pytest.mark.parametrize("module_name", PUBLIC)
def test_public_names_are_documented_in_two_languages(module_name: str) -> None:
    module = importlib.import_module(module_name)
    objects = public_objects(module) | {"the module itself": module}
    assert [name for name, value in objects.items() if not speaks_both(value.__doc__)] == []


WEIGH = """
import json, sys, time
import numpy
before = set(sys.modules)
start = time.perf_counter()
import tinygrad_kr
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "new": sorted(set(sys.modules) - before)}))
"""

HEAVY = {
    "asyncio",
    "email",
    "http",
    "multiprocessing",
    "sqlite3",
    "ssl",
    "tkinter",
    "unittest",
    "xml",
}


def test_import_is_light() -> None:
    """Beside NumPy, nothing but the standard library comes in, and no heavy part of that."""
    run = subprocess.run([sys.executable, "-c", WEIGH], capture_output=True, text=True, check=True)
    weighed = json.loads(run.stdout)
    # numpy.random, the first time it is used, brings Cython's own modules with it.
    packages = {
        package
        for package in (name.partition(".")[0] for name in weighed["new"])
        if package not in ("tinygrad_kr", "numpy") and "cython" not in package
    }
    print(f"import: {weighed['seconds']:.3f} s after NumPy; from the library: {sorted(packages)}")
    assert packages <= sys.stdlib_module_names
    assert packages & HEAVY == set()
    assert weighed["seconds"] < 2
