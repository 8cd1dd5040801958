"""The names that PyTorch keeps in autograd: leaves, the old name of a tensor, the profiler."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tinygrad_kr as tg
from tinygrad_kr import profiler as profiling
from tinygrad_kr.autograd import Variable, profiler
from tinygrad_kr.errors import ArgumentError, MissingNameError


def test_the_leaves_are_opened_when_they_are_asked_for() -> None:
    code = """
import sys, tinygrad_kr.autograd as autograd
leaves = [n for n in sys.modules if n.startswith("tinygrad_kr.autograd.") and n.rsplit(".")[-1] in
          ("more", "functional", "profiler")]
from tinygrad_kr.autograd.functional import jacobian
import tinygrad_kr.autograd.profiler
print(leaves, autograd.gradcheck.__name__, autograd.Variable.__name__)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["[]", "gradcheck", "Variable"]


def test_variable_is_the_old_name_of_a_tensor() -> None:
    x = tg.ones(2)
    v = Variable(x, requires_grad=True)
    assert type(v) is tg.Tensor and v.is_leaf and v.requires_grad and not x.requires_grad
    assert isinstance(x, Variable) and not isinstance(3, Variable)
    v.data[0] = 5
    assert x.tolist() == [5, 1]
    assert not Variable(v * 2).requires_grad
    with pytest.warns(UserWarning, match="volatile was removed"):
        Variable(x, volatile=True)
    with pytest.raises(ArgumentError, match="has to be a tensor"):
        Variable([1.0])


class Double(tg.autograd.Function):
    @staticmethod
    def forward(x: Any) -> Any:
        return x * 2

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2


def test_a_profile_counts_what_is_called() -> None:
    w = tg.randn(3, 3, requires_grad=True)
    with profiler.profile(record_shapes=True) as prof:
        with profiler.record_function("forward"):
            y = Double.apply(tg.relu(w @ w)).sum()
        y.backward()
    (w @ w).sum()
    found = {e.key: e for e in prof.key_averages()}
    # Products on the way back are made by the op too.
    assert {k: found[k].count for k in ("relu", "Double", "sum", "forward", "matmul")} == {
        "relu": 1, "Double": 1, "sum": 1, "forward": 1, "matmul": 3
    }  # fmt: skip
    assert {"ReluBackward0", "DoubleBackward0", "MatmulBackward0"} <= set(found)
    outer = found["forward"]
    inner = [e for e in prof.events() if e.name in ("relu", "Double", "sum")]
    assert outer.cpu_time_total >= sum(e.cpu_time_total for e in inner)
    assert outer.self_cpu_time_total < outer.cpu_time_total
    shapes = {(e.key, str(e.input_shapes)) for e in prof.key_averages(group_by_input_shape=True)}
    assert ("matmul", "[[3, 3], [3, 3]]") in shapes
    assert prof.total_average().count == sum(e.count for e in found.values())


def test_the_table() -> None:
    with profiler.profile() as prof:
        tg.ones(2).exp().exp().sum()
    lines = prof.key_averages().table(sort_by="count", row_limit=1).splitlines()
    assert lines[1].split()[0] == "Name" and lines[3].split()[0] == "exp"
    assert lines[3].split()[-1] == "2" and len(lines) == 6
    assert "sum" in str(prof)
    with pytest.raises(MissingNameError):
        prof.table(sort_by="beauty")


def test_outside_and_switched_off_nothing_is_counted() -> None:
    from tinygrad_kr.ops.primitive import Primitive

    plain = Primitive.__call__, Primitive.pull
    with profiler.profile(enabled=False) as prof:
        tg.ones(2).exp()
    assert not prof.events()
    with pytest.raises(ValueError), profiler.profile():
        raise ValueError
    assert (Primitive.__call__, Primitive.pull) == plain


def test_a_schedule_records_some_steps(tmp_path: Path) -> None:
    saved = []

    def ready(prof: Any) -> None:
        saved.append([(e.key, e.count) for e in prof.key_averages()])
        profiling.tensorboard_trace_handler(str(tmp_path))(prof)

    with profiling.profile(
        activities=[profiling.ProfilerActivity.CPU],
        schedule=profiling.schedule(wait=1, warmup=1, active=2, repeat=1),
        on_trace_ready=ready,
    ) as prof:
        for _ in range(8):
            tg.ones(2).exp()
            prof.step()
    assert saved == [[("exp", 2)]]
    (file,) = tmp_path.iterdir()
    assert [e["name"] for e in json.loads(file.read_text())["traceEvents"]] == ["exp", "exp"]
    assert profiling.profile is profiler.profile
