"""무작위 탐색.

Random search: rounds of trials, each round in ranges narrowed by the one before.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from statistics import stdev
from typing import Any

import numpy as np

from tinygrad_kr.errors import ArgumentError, HyperparameterError
from tinygrad_kr.hyperparameters import flag, integer, number, wrong_kind
from tinygrad_kr.tune.ranges import Range, checked
from tinygrad_kr.tune.record import Record, Trial

Objective = Callable[[dict[str, Any], int], float]


class RandomSearch:
    """무작위 탐색: 같은 씨앗은 언제나 같은 시도를 뽑는다.

    Random search. The hyperparameters of a trial depend on ``seed``, the space, the round and the
    trial's number alone, so a search that was stopped anywhere, ``kill -9`` included, goes on from
    its record as if nothing had happened: run the same script again.

    Args:
        objective: takes a dict of hyperparameters and a seed, trains from that seed, and returns
            the score on validation data.
        space: the range of each hyperparameter, by name.
        maximize: whether a higher score is the better one.
        seeds: how many seeds each trial is trained from, ``seed``, ``seed + 1`` ...; its score is
            their mean.
        record: a file of JSON lines, to which every trial is added as soon as it ends. One search
            at a time may write to it.
        settings: what else the score depends on (``{"epochs": 50}``, say), kept in the record: a
            search with other settings is not taken for this one.

    Raises:
        ArgumentError, HyperparameterError: something was given that cannot be searched.
        FileFormatError: the record is another search's, or damaged; it is left as it was.
    """

    def __init__(
        self,
        objective: Objective,
        space: Mapping[str, Range],
        *,
        maximize: bool = True,
        seeds: int = 1,
        seed: int = 0,
        record: str | os.PathLike[str] | None = None,
        settings: object = None,
    ) -> None:
        if not callable(objective):
            raise wrong_kind(
                "objective", objective, "함수 objective(params, seed)", "a function of params, seed"
            )
        self.objective = objective
        self.maximize = flag("maximize", maximize)
        self.seeds = integer("seeds", seeds, least=1)
        self.seed = integer("seed", seed, least=0)
        self.spaces = [checked(space)]
        self.trials: list[Trial] = []
        self._record = None if record is None else Record(record, self._header(settings))

    @property
    def space(self) -> dict[str, Range]:
        """이번 회차의 범위. The ranges of the present round; ``spaces`` has those of all."""
        return self.spaces[-1]

    @property
    def ranked(self) -> list[Trial]:
        """좋은 것부터. The trials from the best to the worst; those that failed are last."""
        sign = -1 if self.maximize else 1
        return sorted(self.trials, key=lambda t: (not t.done, sign * t.score if t.done else 0))

    @property
    def best(self) -> Trial:
        """가장 좋은 시도.

        The best trial.

        Raises:
            HyperparameterError: none came to its end.
        """
        return self._enough(self.ranked, 1)[0]

    def run(self, trials: int) -> list[Trial]:
        """이번 회차에서 몇 번 더 시도한다.

        Make so many more trials in this round, and return them. Those that the record knows already
        are taken from there. A trial that diverges or raises is recorded, and the search goes on.
        """
        return [self._next() for _ in range(integer("trials", trials, least=1))]

    def narrow(self, best: float = 0.2) -> dict[str, Range]:
        """이번 회차에서 가장 좋았던 시도들이 차지하는 범위로 좁힌다.

        Begin a new round, in the ranges that this round's best trials span; returns them.

        Args:
            best: the fraction that counts as best, of the trials that came to their end; two
                trials at least. A range in which they all agree becomes a :class:`Choice` of one.

        Raises:
            HyperparameterError: fewer than two trials of this round came to their end.
        """
        fraction = number("best", best, above=0, most=1)
        ended = self._enough([t for t in self.ranked if t.round == len(self.spaces)], 2)
        kept = ended[: max(2, round(fraction * len(ended)))]
        self.spaces.append(
            {name: r.narrow([t.params[name] for t in kept]) for name, r in self.space.items()}
        )
        return self.space

    def table(self, best: int = 10) -> str:
        """가장 좋은 시도들의 표(Markdown).

        The best trials as a Markdown table.
        """
        shown = self.ranked[: integer("best", best, least=1)]
        what, outcome = "순위(rank) 회차(round) 시도(trial)", "점수(score) 초(s) 상태(state)"
        heads = [*what.split(), *self.space, *outcome.split()]
        rows = [heads, ["---:"] * len(heads)]
        for rank, t in enumerate(shown, 1):
            params = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in t.params.values()]
            where = map(str, (rank, t.round, t.number))
            rows.append([*where, *params, _show(t), f"{t.seconds:.2f}", t.state])
        escaped = ([cell.replace("|", r"\|") for cell in row] for row in rows)
        return "\n".join(f"| {' | '.join(row)} |" for row in escaped)

    def _enough(self, trials: list[Trial], least: int) -> list[Trial]:
        """Those that came to their end, if there are ``least`` of them."""
        done = [t for t in trials if t.done]
        if len(done) < least:
            last = next((f" ({t.message})" for t in reversed(trials) if not t.done), "")
            raise HyperparameterError(
                f"끝까지 간 시도가 {len(trials)}번 가운데 {len(done)}번입니다{last}. {least}번은 "
                "있어야 합니다. run()으로 더 시도하거나, 범위나 objective를 고치세요.",
                f"{len(done)} of {len(trials)} trials came to their end{last}, and {least} must; "
                "run() more, or mend the ranges or the objective.",
            )
        return done

    def _header(self, settings: object) -> dict[str, Any]:
        """What makes this search another than that one."""
        return {
            "format": "tinygrad_kr.tune/1",
            "objective": getattr(self.objective, "__name__", type(self.objective).__name__),
            "space": {name: repr(range_) for name, range_ in self.space.items()},
            "maximize": self.maximize,
            "seeds": self.seeds,
            "seed": self.seed,
            "settings": settings,
        }

    def _next(self) -> Trial:
        round_ = len(self.spaces)
        number = 1 + sum(t.round == round_ for t in self.trials)
        params = self._draw(round_, number)
        trial = self._record.find(round_, number, params) if self._record else None
        if trial is None:
            trial = self._judge(round_, number, params)
            if self._record:
                self._record.append(trial)
        self.trials.append(trial)
        return trial

    def _draw(self, round_: int, number: int) -> dict[str, Any]:
        stream = np.random.Generator(np.random.PCG64([self.seed, round_, number]))
        # By sorted names: in whatever order the space was written, it means the same.
        where = dict(zip(sorted(self.space), stream.random(len(self.space)).tolist(), strict=True))
        return {name: range_.at(where[name]) for name, range_ in self.space.items()}

    def _judge(self, round_: int, number: int, params: dict[str, Any]) -> Trial:
        scores: list[float | None] = []
        state, message = "done", ""
        start = time.perf_counter()
        for seed in range(self.seed, self.seed + self.seeds):
            try:
                answer = self.objective(dict(params), seed)
            except Exception as error:
                said = " ".join(str(error).split())
                state, message = "raised", f"{type(error).__name__}: {said:.500}"
                break
            score = _real(answer)
            if not math.isfinite(score):
                scores.append(None)
                state, message = "diverged", str(score)
                break
            scores.append(score)
        return Trial(round_, number, params, scores, time.perf_counter() - start, state, message)


def _real(answer: Any) -> float:
    try:
        return float(answer)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(
            f"objective는 점수를 실수 하나로 돌려주어야 합니다. 받은 값: {answer!r:.60}.",
            f"The objective must return its score as one real number, not {answer!r:.60}.",
        ) from error


def _show(trial: Trial) -> str:
    """The score, and the standard deviation over the seeds."""
    scores = [score for score in trial.scores if score is not None]
    spread = f" ± {stdev(scores):.4f}" if trial.done and len(scores) > 1 else ""
    return f"{trial.score:.4f}{spread}"
