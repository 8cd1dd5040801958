"""The drawn graph is the recorded one; its SVG is XML, its boxes do not touch."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import nn, viz
from tinygrad_kr.errors import ArgumentError, DataNotFoundError, GradientError
from tinygrad_kr.viz.layout import layered

SVG = "{http://www.w3.org/2000/svg}"


def boxes(graph: viz.Graph) -> list[tuple[float, float, float, float, list[str]]]:
    """Left, top, right, bottom and text of each box, read from the SVG alone."""
    root = ElementTree.fromstring(graph.svg())
    texts = [(float(e.get("x", 0)), float(e.get("y", 0)), e.text) for e in root.iter(f"{SVG}text")]
    found = []
    for e in root.findall(f"{SVG}rect")[1:]:
        x, y, w, h = (float(e.get(k, 0)) for k in ("x", "y", "width", "height"))
        inside = [t or "" for a, b, t in texts if x < a < x + w and y < b < y + h]
        found.append((x, y, x + w, y + h, inside))
    assert sum(len(lines) for *_, lines in found) == len(texts)
    return found


def texts(graph: viz.Graph) -> dict[str, list[str]]:
    return {lines[0]: lines[1:] for *_, lines in boxes(graph)}


def three_layers() -> tuple[nn.Module, Any]:
    def hidden(n_in: int, n_out: int) -> list[nn.Module]:
        return [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU(), nn.Dropout(0.2)]

    tg.manual_seed(0)
    net = nn.Sequential(*hidden(784, 100), *hidden(100, 50), *hidden(50, 20), nn.Linear(20, 10))
    return net, nn.CrossEntropyLoss()(net(tg.randn(64, 784)), tg.randint(0, 10, (64,)))


def test_a_three_layer_net() -> None:
    net, loss = three_layers()
    loss.backward(retain_graph=True)
    graph = viz.graph(loss, model=net)
    found = boxes(graph)
    shown = [" ".join(lines) for *_, lines in found]
    for name, p in net.named_parameters():
        assert p.grad is not None
        norm = np.sqrt((p.grad.numpy().astype(np.float64) ** 2).sum())
        assert f"{name} {tuple(p.shape)} ‖grad‖ {norm:.4g}" in shown
    assert f"cross_entropy {loss.item():.5g}" in shown
    assert "linear 8 Linear (64, 20)" in shown and "batch_norm 9 BatchNorm1d (64, 20)" in shown
    # The loss is at the bottom, the data at the top.
    bottom = max(found, key=lambda box: box[3])
    assert bottom[4][0] == "cross_entropy" and min(found, key=lambda box: box[1])[4] != bottom[4]
    assert_apart(found)
    # The data goes straight down.
    spine = [(b[0] + b[2]) / 2 for b in found if b[4][0] in ("linear", "batch_norm", "relu", "mul")]
    assert len(spine) == 13 and max(spine) - min(spine) < 0.2


def test_a_deep_net_stays_narrow() -> None:
    net = nn.Sequential(*[nn.Linear(4, 4) for _ in range(20)])
    found = boxes(viz.graph(net(tg.ones(2, 4)).sum(), model=net))
    assert max(right for _, _, right, _, _ in found) < 450


def assert_apart(found: list[Any]) -> None:
    for i, (left, top, right, bottom, _) in enumerate(found):
        for left2, top2, right2, bottom2, _ in found[:i]:
            assert left >= right2 or left2 >= right or top >= bottom2 or top2 >= bottom


def test_values_gradients_and_names() -> None:
    w = tg.tensor(3.0, requires_grad=True)
    b = tg.tensor(-1.0, requires_grad=True)
    x = tg.tensor(2.0)
    h = tg.tanh(w * x + b)
    h.retain_grad()
    loss = (h - 1) ** 2
    loss.backward(retain_graph=True)
    shown = texts(viz.graph(loss, names={"w": w, "b": b, "x": x, "h": h}))
    value = np.tanh(5)
    assert shown["w"][0] == "3" and shown["b"][0] == "-1" and shown["x"] == ["2"]
    assert w.grad is not None and shown["w"][1] == f"grad {w.grad.item():.4g}"
    assert shown["tanh"][:2] == ["h", f"{value:.5g}"] and shown["tanh"][2].startswith("grad -")
    assert float(shown["sub"][0]) == pytest.approx(value - 1, rel=1e-3)  # as pow keeps it
    assert shown["pow"] == [f"{loss.item():.5g}"]


def test_what_the_graph_no_longer_holds_is_not_made_up() -> None:
    w = tg.tensor(2.0, requires_grad=True)
    y = w + 3
    loss = y.exp() * y
    assert texts(viz.graph(loss))["add"] == ["5"]
    y.detach().add_(1)
    assert texts(viz.graph(loss))["add"] == ["()"]
    loss = (w * 3).exp().log()
    assert {"exp", "mul", "2", "3"} < texts(viz.graph(loss)).keys()
    loss.backward()
    shown = texts(viz.graph(loss))
    assert shown["exp"] == shown["mul"] == ["()"] and shown["2"] == ["grad 3"]
    del w
    assert texts(viz.graph(loss))["()"] == []


def test_a_constant_that_two_operations_keep_is_drawn_once() -> None:
    x, v, w = tg.ones(2), tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    graph = viz.graph((v * x + w * x).sum(), names={"x": x, "v": v, "w": w})
    names = [lines[0] for *_, lines in boxes(graph)]
    assert sorted(names) == ["add", "mul", "mul", "sum", "v", "w", "x"]


def test_shared_parts_are_drawn_once() -> None:
    net = nn.Linear(3, 3)
    x = tg.ones(2, 3)
    y = net(net(x) + x)
    graph = viz.graph((y * y).sum(), model=net)
    names = [lines[0] for *_, lines in boxes(graph)]
    assert sorted(names) == ["(2, 3)", "add", "bias", "linear", "linear", "mul", "sum", "weight"]
    arrows = re.findall(r"(n\d+) --> (n\d+)", graph.mermaid())
    # linear ×2: 3 each; add: the layer (a sum keeps no inputs); mul: y twice; sum.
    assert len(arrows) == 6 + 1 + 2 + 1
    assert graph.svg().count('fill="none"') == len(arrows)


def test_several_outputs_and_a_users_own_function() -> None:
    class Double(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = tg.ones(4, requires_grad=True)
    a, b = Double.apply(x).chunk(2)
    shown = texts(viz.graph(tg.cat([a, b * tg.ones(2), tg.ones(2)]).sum()))
    assert {"Double", "split", "split[0]", "split[1]", "cat", "mul", "(4,)"} <= shown.keys()


def test_text_is_escaped_in_both_languages(tmp_path: Path) -> None:
    wild = '<b a="1">&amp; "따옴표" #35; `x` \\n\n\x00\ud800]]>'
    w = tg.ones(2, requires_grad=True)
    graph = viz.graph((w * 2).sum(), names={wild: w})
    shown = [lines[0] for *_, lines in boxes(graph)]
    assert '<b a="1">&amp; "따옴표" #35; `x` \\n���]]>' in shown
    (node,) = [line for line in graph.mermaid().splitlines() if "따옴표" in line]
    label = re.fullmatch(r'  n\d+\(\["([^"]*)"\]\):::leaf', node)
    assert label is not None and not set("<>`\\") & set(label[1].replace("<br/>", ""))
    decoded = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), label[1].split("<br/>")[0])
    assert decoded == '<b a="1">&amp; "따옴표" #35; `x` \\n���]]>'
    graph.save(tmp_path / "g.svg")
    assert ElementTree.parse(tmp_path / "g.svg").getroot().tag == f"{SVG}svg"


def test_saving(tmp_path: Path) -> None:
    graph = viz.graph(tg.ones(2, requires_grad=True).sum())
    graph.save(str(tmp_path / "g.svg"))
    graph.save(tmp_path / "g.mmd")
    assert (tmp_path / "g.svg").read_text(encoding="utf-8") == graph.svg() + "\n"
    assert (tmp_path / "g.mmd").read_text(encoding="utf-8") == graph.mermaid() + "\n"
    with pytest.raises(ArgumentError, match="svg"):
        graph.save(tmp_path / "g.png")
    with pytest.raises(DataNotFoundError):
        graph.save(tmp_path / "no" / "g.svg")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["g.mmd", "g.svg"]
    assert graph._repr_svg_() == graph._repr_html_() == graph.svg()


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=30))
def test_any_graph_is_laid_out_cleanly(steps: list[tuple[int, int]]) -> None:
    """Boxes apart, arrows downwards into the right boxes, lines through no box."""
    values = [tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)]
    for i, j in steps:
        values.append(values[i % len(values)] * values[j % len(values)])
    graph = viz.graph(values[-1])
    found = boxes(graph)
    assert_apart(found)
    root = ElementTree.fromstring(graph.svg())
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    assert all(b[0] > 0 and b[2] < width and b[1] > 0 and b[3] < height for b in found)
    arrows = re.findall(r"n(\d+) --> n(\d+)", graph.mermaid())
    lines = [e.get("d", "") for e in root.iter(f"{SVG}path") if e.get("fill") == "none"]
    ends = []
    for line in lines:
        points = walked(line)
        assert all(b[1] >= a[1] for a, b in pairwise(points))
        (x0, y0), (x1, y1) = points[0], points[-1]
        (source,) = [i for i, b in enumerate(found) if b[0] < x0 < b[2] and abs(b[3] - y0) < 0.2]
        (target,) = [
            i for i, b in enumerate(found) if b[0] < x1 < b[2] and abs(b[1] - y1 - 5) < 0.2
        ]
        ends.append((str(source), str(target)))
        for x, y in points:
            assert not any(b[0] < x < b[2] and b[1] + 0.2 < y < b[3] - 0.2 for b in found)
    assert sorted(ends) == sorted(arrows)


def test_arrows_into_one_box_stay_apart() -> None:
    leaves = [tg.ones(1, requires_grad=True) for _ in range(4)]
    root = ElementTree.fromstring(viz.graph(tg.cat(leaves)).svg())
    lines = [e.get("d", "") for e in root.iter(f"{SVG}path") if e.get("fill") == "none"]
    ends = sorted((walked(line)[0][0], walked(line)[-1][0]) for line in lines)
    assert len(ends) == 4 and all(b[1] - a[1] > 10 for a, b in pairwise(ends))


def test_lines_are_untangled() -> None:
    """A ladder told in a shuffled order; the points where drawn lines cross are counted."""
    crossings = []
    for seed in range(6):
        # Box i of a row takes from boxes i and i + 1 of the row above.
        inputs = [[1, 2, 3, 4, 5], *([i + 5, i + 6] if i % 5 else [i + 5] for i in range(1, 16))]
        inputs += [[] for _ in range(5)]
        for sources in inputs:
            random.Random(seed + len(sources)).shuffle(sources)
        plan = layered(inputs, [(20.0, 10.0)] * len(inputs), [False] * len(inputs))
        steps = [step for _, _, points in plan.lines for step in pairwise(points)]
        crossings.append(
            sum(
                a[1] == c[1] and (a[0] - c[0]) * (b[0] - d[0]) < -1e-6
                for i, (a, b) in enumerate(steps)
                for c, d in steps[:i]
            )
        )
    # As told, they cross 9 to 27 times.
    assert sorted(crossings)[3] == 0 and max(crossings) < 13


def walked(path: str) -> list[tuple[float, float]]:
    """Points along an SVG path of M, V and C."""
    points: list[tuple[float, float]] = []
    for command, text in re.findall(r"([MVC])([^MVC]*)", path):
        numbers = [float(n) for n in text.split()]
        if command == "M":
            points.append((numbers[0], numbers[1]))
        elif command == "V":
            points.append((points[-1][0], numbers[0]))
        else:
            corners = np.array([*points[-1], *numbers]).reshape(4, 2)
            for t in np.linspace(0.1, 1, 10):
                weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                x, y = weights @ corners
                points.append((float(x), float(y)))
    return points


def test_a_line_over_many_rows_crosses_no_other_needlessly() -> None:
    """A residual block: its skip stays beside the chain."""
    x = tg.ones(2, requires_grad=True)
    y = x
    for _ in range(6):
        y = y.exp()
    found = {lines[0]: (left + right) / 2 for left, _, right, _, lines in boxes(viz.graph(x + y))}
    assert len(found) == 3 and abs(found["exp"] - found["add"]) < 60


@pytest.mark.parametrize("tensor", [tg.ones(2), tg.ones(2, requires_grad=True), tg.tensor(1)])
def test_without_a_graph_there_is_nothing_to_draw(tensor: Any) -> None:
    with pytest.raises(GradientError, match="no graph") as caught:
        viz.graph(tensor)
    assert len(str(caught.value).split("\n")) == 2


@pytest.mark.parametrize("length", [401, 20_000])
def test_a_graph_that_nobody_could_read(length: int) -> None:
    x = tg.tensor(1.0, requires_grad=True)
    for _ in range(length):
        x = x * x
    with pytest.raises(ArgumentError, match=f"{length + 1} boxes") as caught:
        viz.graph(x)
    assert len(str(caught.value).split("\n")) == 2


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((3.0,), {}),
        ((np.ones(2),), {}),
        ((tg.ones(1, requires_grad=True) * 2,), {"model": "net"}),
        ((tg.ones(1, requires_grad=True) * 2,), {"names": {"w": 3}}),
        ((tg.ones(1, requires_grad=True) * 2,), {"names": [1]}),
    ],
)
def test_bad_input_is_refused(args: Any, kwargs: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        viz.graph(*args, **kwargs)
    assert len(str(caught.value).split("\n")) == 2


def test_neither_viz_nor_a_graph_needs_matplotlib() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None; import tinygrad_kr as tg\n"
        "from tinygrad_kr import viz\n"
        "print(viz.graph(tg.ones(2, requires_grad=True).sum()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "<Graph of 2 boxes>\n"
