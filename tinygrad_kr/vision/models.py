"""잔차 신경망(ResNet): 층의 이름과 형상이 torchvision과 같다.

Residual networks, with the names and shapes of torchvision's, whose state_dict loads here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_kr import nn
from tinygrad_kr.errors import ArgumentError
from tinygrad_kr.ops.shape import flatten
from tinygrad_kr.tensor import Tensor

__all__ = ["BasicBlock", "ResNet", "resnet18", "resnet34"]


class BasicBlock(nn.Module):
    """합성곱 둘과 지름길.

    Two convolutions, and the input added to what they make.
    """

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        shortcut = x if self.downsample is None else self.downsample(x)
        out: Tensor = self.relu(y + shortcut)
        return out


class ResNet(nn.Module):
    """네 무리의 잔차 블록.

    Four groups of residual blocks, each but the first at half the height and width.

    Args:
        layers: how many blocks each group has.

    Shape:
        - Input: (N, 3, H, W); output: (N, num_classes)

    Source: He et al., "Deep Residual Learning for Image Recognition" (2015)
    """

    def __init__(self, layers: Sequence[int], num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        planes = 64
        for i, count in enumerate(layers):
            setattr(self, f"layer{i + 1}", _group(planes, 64 * 2**i, count, 2 if i else 1))
            planes = 64 * 2**i
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(planes, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        out: Tensor = self.fc(flatten(self.avgpool(x), 1))
        return out


def _group(inplanes: int, planes: int, count: int, stride: int) -> nn.Sequential:
    downsample = None
    if stride != 1 or inplanes != planes:
        downsample = nn.Sequential(
            nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)
        )
    first = BasicBlock(inplanes, planes, stride, downsample)
    return nn.Sequential(first, *(BasicBlock(planes, planes) for _ in range(count - 1)))


def _untrained(layers: Sequence[int], weights: Any, pretrained: bool, **options: Any) -> ResNet:
    if weights is not None or pretrained:
        raise ArgumentError(
            "학습된 가중치는 내려받지 않습니다. load_state_dict()로 읽어 주세요.",
            "No trained weights are downloaded; read them with load_state_dict().",
        )
    return ResNet(layers, **options)


def resnet18(
    *, weights: None = None, progress: bool = True, pretrained: bool = False, **options: Any
) -> ResNet:
    """ResNet-18, 가중치는 난수.

    ResNet-18 with random weights.
    """
    return _untrained((2, 2, 2, 2), weights, pretrained, **options)


def resnet34(
    *, weights: None = None, progress: bool = True, pretrained: bool = False, **options: Any
) -> ResNet:
    """ResNet-34, 가중치는 난수.

    ResNet-34 with random weights.
    """
    return _untrained((3, 4, 6, 3), weights, pretrained, **options)
