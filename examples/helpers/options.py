"""mnist.py의 명령줄.

The command line of mnist.py: its flags, their checks, and what a checkpoint adds to them.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from helpers.checkpoint import Settings, read
from helpers.figure import check_figure
from helpers.places import RUNS, check_place
from tinygrad_kr.errors import ArgumentError, FileFormatError


class Parser(argparse.ArgumentParser):
    """두 언어로 거절하는 ArgumentParser."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"인자가 잘못되었습니다. --help를 보세요.\n{self.prog}: error: {message}\n")


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(
            f"1 이상의 정수여야 합니다: {text} / must be an integer of at least 1, not {text}"
        )
    return value


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(
            f"0보다 큰 유한한 수여야 합니다: {text} / must be finite and above 0, not {text}"
        )
    return value


def prepare(
    argv: Sequence[str] | None, rates: Mapping[str, float], models: Iterable[str]
) -> tuple[argparse.Namespace, Settings, dict[str, Any] | None]:
    """명령줄을 읽고, 무엇을 바꾸기 전에 모두 확인한다.

    Read the command line and check all of it before anything is altered. Returns the flags, the
    settings, and the checkpoint to resume from.
    """
    args = _parser(rates, models).parse_args(argv)
    saved = None if args.resume is None else read(args.resume)
    settings = _settle(args, rates, saved and saved["settings"])
    args.save = args.save or args.resume
    if args.save is not None:
        check_place(args.save)
        _check_overwrite(args.save)
    if args.plot is not None:
        check_figure(args.plot)
    return args, settings, saved


def _parser(rates: Mapping[str, float], models: Iterable[str]) -> Parser:
    """The flags. A setting that is not given stays None until :func:`_settle`."""
    listed = ", ".join(f"{name} {rate:g}" for name, rate in rates.items())
    it = Parser(
        description="MNIST 손글씨 숫자를 배웁니다. Learn the handwritten digits of MNIST.",
        allow_abbrev=False,
    )
    add = it.add_argument
    add("--epochs", type=_positive, help="에폭 수(6). Passes over the training data.")
    add("--batch-size", type=_positive, help="미니배치 크기(256). Images a mini-batch.")
    add("--lr", type=_rate, help=f"가장 높은 학습률. The peak learning rate ({listed}).")
    add("--optimizer", choices=list(rates), help="옵티마이저(adam). The update rule.")
    add("--model", choices=list(models), help="신경망(bn). bn: 배치 정규화와 드롭아웃, with "
        "batch normalisation and dropout; mlp: 없이, without.")  # fmt: skip
    add("--seed", type=int, help="씨앗(0). The seed: the same one gives the same weights.")
    add("--limit", type=_positive, help="처음 N장만 쓴다. Use the first N images only.")
    add("--data", type=Path, default=RUNS.with_name("data"), metavar="DIR",
        help="MNIST/raw가 있는 폴더. The folder with MNIST/raw in it.")  # fmt: skip
    add("--save", type=Path, metavar="FILE",
        help="에폭마다 체크포인트를 저장한다. Save a checkpoint after every epoch.")  # fmt: skip
    add("--resume", type=Path, metavar="FILE",
        help="체크포인트에서 이어 한다(설정도 거기서). Go on from a checkpoint and its "
        "settings; it is saved to again unless --save names another.")  # fmt: skip
    add("--plot", type=Path, nargs="?", const=RUNS / "mnist.png", metavar="FILE",
        help="그림을 PNG로 그린다. Draw a PNG of learning curves and worst-missed digits "
        "(examples/runs/mnist.png).")  # fmt: skip
    return it


def _settle(
    args: argparse.Namespace, rates: Mapping[str, float], saved: Mapping[str, Any] | None
) -> Settings:
    """The settings: those of the checkpoint if there is one, else the flags over the defaults."""
    given = {f.name: getattr(args, f.name) for f in fields(Settings)}
    given = {name: value for name, value in given.items() if value is not None}
    if saved is None:
        given.setdefault("lr", rates[given.get("optimizer", Settings.optimizer)])
        return Settings(**given)
    wrong = {name: value for name, value in given.items() if saved[name] != value}
    if wrong:
        flags = ", ".join(f"--{name.replace('_', '-')} {value}" for name, value in wrong.items())
        there = ", ".join(f"{name}={saved[name]}" for name in wrong)
        raise ArgumentError(
            f"{args.resume}은(는) 다른 설정의 체크포인트입니다: {there}. 주신 것: {flags}. "
            "플래그를 빼거나 --resume 없이 새로 시작하세요.",
            f"{args.resume} is a checkpoint with {there}, which contradicts {flags}; drop the "
            "flags, or start anew without --resume.",
        )
    return Settings(**saved)


def _check_overwrite(path: Path) -> None:
    """Refuse to replace a file that is no checkpoint."""
    if not path.exists():
        return
    try:
        read(path)
    except FileFormatError as error:
        raise ArgumentError(
            f"{path}은(는) 체크포인트가 아닌 파일이라 덮어쓰지 않습니다. 다른 이름을 주세요.",
            f"{path} exists and is no checkpoint, so it is not replaced; give another name.",
        ) from error
