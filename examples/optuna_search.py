"""같은 objective를 Optuna에: 더 영리하게 뽑고, 여러 프로세스로 나눈다.

The objective of ``tune.RandomSearch``, unchanged, handed to Optuna (``pip install optuna``), and
there to several processes: they share a journal file, and each learns from the others' trials. With
``--journal FILE`` the study is kept; other terminals, or a later day, go on with it.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tinygrad_kr as torch
from helpers.console import polite
from tinygrad_kr import nn, optim, tune
from tinygrad_kr.datasets import toy
from tinygrad_kr.errors import MissingExtraError
from tinygrad_kr.hyperparameters import integer

SPACE = {
    "lr": tune.LogUniform(1e-5, 1),
    "momentum": tune.Uniform(0, 0.99),
    "hidden": tune.Integer(2, 64),
    "act": tune.Choice("ReLU", "Tanh", "Sigmoid"),
}


def objective(params: dict[str, Any], seed: int) -> float:
    """나선을 200걸음 배운 뒤의 검증 정확도. The validation accuracy on spirals after 200 steps."""
    generator = torch.Generator().manual_seed(0)
    x, t = toy.spiral(generator=generator)
    unseen, labels = toy.spiral(generator=generator)
    torch.manual_seed(seed)
    n = params["hidden"]
    act = getattr(nn, params["act"])
    model = nn.Sequential(nn.Linear(2, n), act(), nn.Linear(n, n), act(), nn.Linear(n, 3))
    optimizer = optim.SGD(model.parameters(), params["lr"], params["momentum"])
    for _ in range(200):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), t).backward()
        optimizer.step()
    with torch.no_grad():
        return int((model(unseen).argmax(dim=1) == labels).sum()) / len(labels)


def suggest(trial: Any) -> dict[str, Any]:
    """SPACE의 범위를 Optuna의 말로. The ranges of SPACE, in Optuna's words."""
    params: dict[str, Any] = {}
    for name, range_ in SPACE.items():
        match range_:
            case tune.LogUniform(low, high):
                params[name] = trial.suggest_float(name, low, high, log=True)
            case tune.Uniform(low, high):
                params[name] = trial.suggest_float(name, low, high)
            case tune.Integer(low, high):
                params[name] = trial.suggest_int(name, low, high)
            case tune.Choice(options):
                params[name] = trial.suggest_categorical(name, options)
    return params


def need_optuna() -> Any:
    """Optuna. 없으면 무엇을 설치할지 말한다. Optuna, or what to install where it is missing."""
    try:
        return importlib.import_module("optuna")
    except ImportError as error:
        raise MissingExtraError(
            "이 예제에는 Optuna가 필요합니다: pip install optuna.",
            "This example needs Optuna: pip install optuna.",
        ) from error


def work(journal: Path, trials: int) -> Any:
    """함께 쓰는 탐색에 시도를 보탠다. Add trials to the study in the journal; returns the study."""
    optuna = need_optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    backend = optuna.storages.journal
    # This lock, unlike the default one, works on Windows too.
    lock = backend.JournalFileOpenLock(str(journal))
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(backend.JournalFileBackend(str(journal), lock)),
        study_name="spiral",
        direction="maximize",
        load_if_exists=True,
    )
    study.optimize(lambda trial: objective(suggest(trial), seed=0), trials, catch=(Exception,))
    return study


def share(journal: Path, trials: int, processes: int) -> Any:
    """프로세스마다 trials번. So many trials in each of several processes; returns the study."""
    # The study is there before they start, and spawned processes are alike on every system.
    study = work(journal, 0)
    before = len(study.trials)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(journal, trials)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(study.trials) >= before + trials * processes
    return study


@polite
def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="같은 objective를 Optuna에. Hand it to Optuna.")
    parser.add_argument("--trials", type=int, default=20, help="프로세스마다. In each process.")
    parser.add_argument("--processes", type=int, default=2, help="프로세스의 수. How many.")
    parser.add_argument("--journal", type=Path, help="탐색을 남길 파일. A file to keep it in.")
    args = parser.parse_args(argv)
    need_optuna()
    trials = integer("--trials", args.trials, least=1)
    processes = integer("--processes", args.processes, least=1)

    search = tune.RandomSearch(objective, SPACE)
    search.run(trials * processes)
    print(search.table(best=3))
    with tempfile.TemporaryDirectory() as folder:
        study = share(args.journal or Path(folder, "journal.log"), trials, processes)
        tried, best = len(study.trials), study.best_trial
    for name, score, params in (
        ("무작위 탐색(random search)", search.best.score, search.best.params),
        (f"Optuna({tried}번, trials)", best.value, best.params),
    ):
        print(f"{name}: {score:.3f} {params}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
