"""``python -m tinygrad_kr script.py``: scripts of PyTorch as they stand, and their imports."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]

IDENTITY = """
import tinygrad_kr
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim.lr_scheduler
import torch.utils.data as data
import torchvision
import torchvision.transforms as T
from torch.autograd import Function, Variable
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader
from torch.utils.data.sampler import RandomSampler
from torchvision import datasets, transforms
from torchvision.utils import make_grid, save_image
import sys

assert torch is tinygrad_kr and nn is tinygrad_kr.nn is torch.nn and F is nn.functional
assert T is transforms is tinygrad_kr.transforms and datasets is tinygrad_kr.datasets
assert data is tinygrad_kr.utils.data and DataLoader is data.DataLoader
assert RandomSampler is data.RandomSampler and Module is nn.Module and Parameter is nn.Parameter
assert Function is torch.autograd.Function
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] in ("torch", "torchvision"):
        assert module.__spec__.name == module.__name__, name
        assert sys.modules[module.__name__] is module, name
for absent in ("torch.distributed", "torch.nn.absent", "torchvision.ops"):
    try:
        __import__(absent)
    except ModuleNotFoundError as error:
        assert error.name == absent
    else:
        raise AssertionError(absent)
print("same")
"""

TRAINING = """
import argparse
import helper
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc = nn.Linear(2, 1)
    def forward(self, x):
        return self.fc(x)

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--save-model", action="store_true")
    args = parser.parse_args()
    torch.manual_seed(0)
    x = torch.randn(64, 2)
    y = x @ torch.tensor([[2.0], [-1.0]]) + helper.BIAS
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = Net().to(device)
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    for epoch in range(args.epochs):
        for a, b in loader:
            loss = nn.functional.mse_loss(net(a.to(device)), b.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print("{:.3f}".format(net.fc.bias.item()), loss.item() < 1e-3)
    if args.save_model:
        torch.save(net.state_dict(), "net.pt")
        assert net.load_state_dict(torch.load("net.pt"))
        try:
            torch.save(net, "whole.pt")
        except TypeError as error:
            print("refused")

if __name__ == "__main__":
    main()
"""


def run(
    folder: Path, *args: str, launcher: str = "tinygrad_kr"
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", launcher, *args] if launcher else [sys.executable, *args]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8"
    )


def test_scripts_run_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    scripts = {
        "identity.py": IDENTITY,
        "lib/train.py": TRAINING,
        "lib/helper.py": "BIAS = 0.5\n",
        "leaves.py": "import sys, torch\nprint(sys.argv, __name__, __file__)\nsys.exit(7)\n",
        "fails.py": "import torch\ntorch.ones(2) @ torch.ones(3)\n",
        "late.py": """
            import sys, types
            sys.modules["torch"] = types.ModuleType("torch")
            from tinygrad_kr import bridge
            from tinygrad_kr.errors import NameTakenError
            try:
                bridge.install()
            except NameTakenError as error:
                assert isinstance(error, ImportError)
                del sys.modules["torch"]
            bridge.install()
            bridge.install()
            import torch, tinygrad_kr
            assert torch is tinygrad_kr
            assert sum(isinstance(f, bridge.Bridge) for f in sys.meta_path) == 1
            print("taken")
        """,
    }
    for name, text in scripts.items():
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        identity, training, leaves, fails, late, missing, nothing = (
            job.result()
            for job in [
                pool.submit(run, tmp_path, "identity.py"),
                pool.submit(run, tmp_path, "lib/train.py", "--epochs", "40", "--save-model"),
                pool.submit(run, tmp_path, "leaves.py", "-x", "a b"),
                pool.submit(run, tmp_path, "fails.py"),
                pool.submit(run, tmp_path, "late.py", launcher=""),
                pool.submit(run, tmp_path, "absent.py"),
                pool.submit(run, tmp_path),
            ]
        )
    assert identity.stdout == "same\n", identity.stderr
    assert training.stdout == "0.500 True\nrefused\n", training.stderr
    assert training.returncode == 0 and (tmp_path / "net.pt").exists()
    assert not (tmp_path / "whole.pt").exists()
    assert leaves.stdout == "['leaves.py', '-x', 'a b'] __main__ leaves.py\n"
    assert leaves.returncode == 7
    assert fails.returncode == 1 and 'fails.py", line 2' in fails.stderr
    assert "ShapeError" in fails.stderr
    assert late.stdout == "taken\n", late.stderr
    assert missing.returncode == nothing.returncode == 2
    assert "absent.py" in missing.stderr and "usage" in nothing.stderr


def test_a_grid_of_images() -> None:
    import tinygrad_kr as tg
    from tinygrad_kr.errors import ShapeError
    from tinygrad_kr.vision import utils

    images = tg.arange(5.0).reshape(5, 1, 1, 1).expand(5, 1, 2, 3)
    grid = utils.make_grid(images, nrow=3, padding=1, pad_value=9)
    assert grid.shape == (3, 2 * 3 + 1, 3 * 4 + 1) and grid.dtype == tg.float32
    assert grid[:, 1:3, 5:8].tolist() == [[[1.0] * 3] * 2] * 3  # the second
    assert grid[0, 4:6, 9:12].tolist() == [[9.0] * 3] * 2  # no sixth
    each = utils.make_grid([images[4], images[2]], normalize=True, value_range=(0, 4), padding=0)
    assert each.shape == (3, 2, 6) and each[0, 0].tolist() == [1.0] * 3 + [0.5] * 3
    assert utils.make_grid(images[3, 0]).tolist() == [[[3.0] * 3] * 2] * 3
    with pytest.raises(ShapeError):
        utils.make_grid(tg.ones(2))


def test_images_as_files(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    import tinygrad_kr as tg
    from tinygrad_kr.vision import utils

    utils.save_image(tg.tensor([[[0.0, 0.5], [1.0, 2.0]]]), tmp_path / "a.png")
    assert np.asarray(image.open(tmp_path / "a.png"))[..., 0].tolist() == [[0, 128], [255, 255]]
    with open(tmp_path / "b", "wb") as file:
        utils.save_image(tg.zeros(4, 3, 2, 2), file, format="png", nrow=2, padding=1)
    assert image.open(tmp_path / "b").size == (7, 7)


def test_variable_is_a_tensor_without_its_history() -> None:
    import tinygrad_kr as tg
    from tinygrad_kr.autograd import Variable
    from tinygrad_kr.errors import ArgumentError

    x = tg.ones(2)
    v = Variable(x, requires_grad=True)
    assert isinstance(v, Variable) and isinstance(x, Variable) and not isinstance(1, Variable)
    assert v.requires_grad and v.is_leaf and v.data_ptr() == x.data_ptr()
    assert Variable(v * 2).grad_fn is None and type(x) is not Variable
    with pytest.warns(UserWarning, match="no_grad"):
        assert not Variable(v, volatile=True).requires_grad
    with pytest.raises(ArgumentError):
        Variable([1.0])


def test_residual_networks() -> None:
    import tinygrad_kr as tg
    from tinygrad_kr.errors import ArgumentError
    from tinygrad_kr.vision import models

    net = models.resnet18(pretrained=False).eval()
    state = net.state_dict()
    assert len(state) == 122 and sum(p.numel() for p in net.parameters()) == 11_689_512
    assert state["layer4.0.downsample.0.weight"].shape == (512, 256, 1, 1)
    assert state["layer2.0.conv1.weight"].shape == (128, 64, 3, 3)
    x = tg.randn(1, 3, 33, 40)
    with tg.no_grad():
        assert net(x).shape == (1, 1000)
        block = net.layer2[0]
        h = tg.randn(2, 64, 5, 5)
        inner = block.bn2(block.conv2(block.bn1(block.conv1(h)).relu()))
        assert tg.equal(block(h), (inner + block.downsample(h)).relu())
    with pytest.raises(ArgumentError):
        models.resnet34(pretrained=True)


def test_initializers_under_their_old_names() -> None:
    import tinygrad_kr as tg

    with pytest.warns(FutureWarning, match="xavier_uniform_"):
        w = tg.nn.init.xavier_uniform(tg.empty(2, 4))
    assert (w.abs() <= 1).all() and w.std() > 0
    assert not hasattr(tg.nn.init, "absent") and not hasattr(tg.nn.init, "_fans_")
