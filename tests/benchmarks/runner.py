"""Measuring: every number in a process of its own, the subjects in turn, round by round."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from .benchmark import Benchmark, Run

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "networks", "overhead", "optimizers", "loading", "inference", "memory", "scale", "main_job",
    "pieces",
)  # fmt: skip
PEERS = ("torch", "jax", "optax", "mygrad", "pydynet", "dezero", "autograd")
Result = dict[str, Any]


def benchmark(name: str) -> Benchmark:
    found: Benchmark = importlib.import_module(f"{__package__}.{name}").BENCHMARK
    return found


def measure(
    name: str, rounds: int, cases: Iterable[str], subjects: Iterable[str], data: Path | None
) -> Result:
    """The values of each case and subject, and who was left out and why."""
    values: dict[str, dict[str, list[float]]] = {}
    left_out: dict[str, str] = {}
    for case in cases:
        got: dict[str, list[float]] = {}
        for seed in range(rounds):
            for subject in subjects:
                if subject in left_out or f"{subject}, {case}" in left_out:
                    continue
                child = _child(name, case, subject, seed, data)
                if child.returncode == 0:
                    got.setdefault(subject, []).append(float(child.stdout.split()[-1]))
                    continue
                why = child.stderr.strip().splitlines()[-1]
                missing = why.startswith("ModuleNotFoundError")
                left_out[subject if missing else f"{subject}, {case}"] = why
                print(f"{name}: {subject} is left out: {why}", file=sys.stderr)
        values[case] = got
    return {
        "unit": benchmark(name).unit,
        "machine": machine(),
        "rounds": rounds,
        "values": values,
        "left out": left_out,
    }


def _child(
    name: str, case: str, subject: str, seed: int, data: Path | None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", __name__, name, case, subject, str(seed)]
    if data is not None:
        command.append(str(data.absolute()))
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def machine() -> dict[str, Any]:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index, call-overload]
    versions = {name: found for name in PEERS if (found := _version(name)) is not None}
    limits = {k: v for k, v in sorted(os.environ.items()) if k.endswith("_NUM_THREADS")}
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "peers": versions,
        **limits,
        "date": date.today().isoformat(),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def main(name: str, case: str, subject: str, seed: str, data: str | None = None) -> None:
    found = benchmark(name)
    run = Run(int(seed), data=None if data is None else Path(data))
    print(found.subjects[subject](found.cases[case], run))


if __name__ == "__main__":
    main(*sys.argv[1:])
