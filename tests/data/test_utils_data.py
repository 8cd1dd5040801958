"""Datasets, samplers and the loader, against a plain reference and against PyTorch's words."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_kr.autograd.base import wrap
from tinygrad_kr.errors import (
    ArgumentError,
    DTypeError,
    HyperparameterError,
    IndexingError,
    ShapeError,
)
from tinygrad_kr.random import Generator, default_generator, manual_seed
from tinygrad_kr.tensor import Tensor
from tinygrad_kr.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    default_collate,
    default_convert,
    random_split,
)

REFUSALS = (ArgumentError, HyperparameterError)

sizes = st.integers(1, 12)


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def numbered(n: int) -> TensorDataset:
    rows = np.arange(n, dtype=np.float32)
    return TensorDataset(wrap(np.stack([rows, -rows], axis=1)), wrap(np.arange(n)))


class Plain(Dataset[Any]):
    """The same samples, item by item."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < self.n:
            raise IndexError(index)
        return np.array([index, -index], dtype=np.float32), index

    def __len__(self) -> int:
        return self.n


def listed(loader: DataLoader) -> list[tuple[Any, list[int]]]:
    return [(x.tolist(), t.tolist()) for x, t in loader]


@given(sizes, sizes, st.booleans(), st.booleans(), st.integers(0, 99))
def test_the_fast_way_is_the_plain_way(
    n: int, batch_size: int, shuffle: bool, drop_last: bool, seed: int
) -> None:
    fast, plain, fetched = (
        DataLoader(d, batch_size, shuffle, drop_last=drop_last, generator=seeded(seed), **more)
        for d, more in (
            (numbered(n), {}),
            (Plain(n), {}),
            (numbered(n), {"collate_fn": lambda samples: default_collate(samples)}),
        )
    )
    for _ in range(2):
        batches = listed(fast)
        assert batches == listed(plain) == listed(fetched)
        assert len(batches) == len(fast) == (n // batch_size if drop_last else -(-n // batch_size))
        seen = [i for _, labels in batches for i in labels]
        assert len(set(seen)) == len(seen) == (n - n % batch_size if drop_last else n)
        assert shuffle or seen == list(range(len(seen)))
        assert all(x == [[i, -i] for i in labels] for x, labels in batches)


def test_batches_have_the_types_of_collated_samples() -> None:
    x, t = next(iter(DataLoader(numbered(4), batch_size=3)))
    y, u = next(iter(DataLoader(Plain(4), batch_size=3)))
    assert isinstance(x, Tensor) and isinstance(t, Tensor)
    assert (x.dtype, t.dtype) == (y.dtype, u.dtype) == (np.float32, np.int64)


def test_the_same_seed_gives_the_same_epochs_and_epochs_differ() -> None:
    one, two = (DataLoader(Plain(50), 50, True, generator=seeded(3)) for _ in range(2))
    first, second = listed(one), listed(one)
    assert [first, second] == [listed(two), listed(two)] and first != second
    manual_seed(5)
    free = DataLoader(Plain(50), 50, shuffle=True)
    first = listed(free)
    manual_seed(5)
    assert listed(free) == first


def test_an_epoch_is_resumed_from_the_state_before_it() -> None:
    loader = DataLoader(Plain(20), 4, True, generator=seeded(1))
    listed(loader)
    state = loader.generator.get_state() if loader.generator else None
    second, third = listed(loader), listed(loader)
    fresh = DataLoader(Plain(20), 4, True, generator=Generator())
    assert fresh.generator is not None
    fresh.generator.set_state(state)
    assert [listed(fresh), listed(fresh)] == [second, third]


def test_a_draw_in_the_middle_of_an_epoch_does_not_change_it() -> None:
    def epoch(draw: bool) -> list[Any]:
        manual_seed(0)
        seen = []
        for _, t in DataLoader(Plain(9), 2, shuffle=True):
            seen.append(t.tolist())
            if draw:
                default_generator.numpy.random()
        return seen

    assert epoch(False) == epoch(True)


def test_a_batch_is_taken_in_one_indexing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def spy(array: Any) -> Tensor:
        made.append(array.shape)
        return wrap(array)

    monkeypatch.setattr("tinygrad_kr.utils.data.dataset.wrap", spy)
    for shuffle in (False, True):
        made.clear()
        list(DataLoader(numbered(10), batch_size=5, shuffle=shuffle))
        assert made == [(5, 2), (5,)] * 2


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("requires_grad", [False, True])
def test_a_batch_is_the_users_own(shuffle: bool, requires_grad: bool) -> None:
    x = numbered(6).tensors[0].requires_grad_(requires_grad)
    for (batch,) in DataLoader(TensorDataset(x), 3, shuffle):
        assert batch.requires_grad is requires_grad
        batch._array[...] = 100
    assert x.tolist() == [[i, -i] for i in range(6)]


def test_rows_of_any_layout_are_taken() -> None:
    wide = np.arange(24, dtype=np.float32).reshape(4, 6)
    for array in (wide[:, ::2], wide.T, wide[::-1], np.asfortranarray(wide), wide[:, :0]):
        for shuffle in (False, True):
            loader = DataLoader(TensorDataset(wrap(array)), 3, shuffle, generator=seeded(0))
            order = np.concatenate(
                [*DataLoader(range(len(array)), 3, shuffle, generator=seeded(0))]
            )
            np.testing.assert_array_equal(
                np.concatenate([x._array for (x,) in loader]), array[order]
            )


def test_a_graph_made_later_is_met() -> None:
    base = wrap(np.zeros((4, 2), dtype=np.float32))
    loader = DataLoader(TensorDataset(base[1:]), 3)
    scale = wrap(np.float32(3)[None]).requires_grad_()
    base.mul_(0).add_(scale)
    ((batch,),) = loader
    batch.sum().backward()
    assert scale.grad is not None and scale.grad.tolist() == [6]


def test_gradients_flow_through_a_batch() -> None:
    x = wrap(np.ones((4, 2), dtype=np.float32)).requires_grad_()
    for (batch,) in DataLoader(TensorDataset(x), batch_size=3):
        (batch * 2).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [[2, 2]] * 4


# ---- the protocols


class Listed(Plain):
    """PyTorch's protocol: a list of samples."""

    asked: list[list[int]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        self.asked = [*getattr(self, "asked", []), list(indices)]
        return [self[i] for i in indices]


def test_getitems_is_honoured_also_by_a_subset() -> None:
    dataset = Listed(6)
    assert listed(DataLoader(dataset, 4)) == listed(DataLoader(Plain(6), 4))
    assert dataset.asked == [[0, 1, 2, 3], [4, 5]]
    dataset.asked = []
    list(DataLoader(Subset(dataset, [5, 3, 1]), 2, collate_fn=list))
    assert dataset.asked == [[5, 3], [1]]


def test_a_users_collate_fn_gets_a_list_of_samples() -> None:
    met: list[Any] = []

    def collate(samples: list[Any]) -> list[Any]:
        met.append(samples)
        return samples

    for dataset in (numbered(3), Plain(3), Listed(3), Subset(numbered(5), [0, 1, 2])):
        met.clear()
        list(DataLoader(dataset, batch_size=2, collate_fn=collate))
        assert [len(samples) for samples in met] == [2, 1]
        assert all(isinstance(samples, list) for samples in met)
        assert all(isinstance(sample, tuple) for samples in met for sample in samples)
        assert [float(x[1]) for x, _ in met[0]] == [0, -1]


def test_what_a_subclass_overrides_is_used() -> None:
    class Doubled(TensorDataset):
        def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
            return tuple(t * 2 for t in super().__getitem__(index))

    class Counted(TensorDataset):
        def __getitems__(self, indices: Sequence[int]) -> list[Any]:
            return [(i,) for i in indices]

    class Part(Subset[Any]):
        def __getitem__(self, index: Any) -> Any:
            return index, index

    x = wrap(np.arange(3))
    assert [b[0].tolist() for b in DataLoader(Doubled(x), 3)] == [[0, 2, 4]]
    assert [b[0].tolist() for b in DataLoader(Doubled(x), 3, collate_fn=default_collate)] == [
        [0, 2, 4]
    ]
    assert [b[0].tolist() for b in DataLoader(Counted(x * 7), 3)] == [[0, 1, 2]]
    assert [b[0].tolist() for b in DataLoader(Subset(Doubled(x), [2]), 3)] == [[4]]
    assert [b[0].tolist() for b in DataLoader(Part(numbered(9), [4, 4, 4]), 3)] == [[0, 1, 2]]


def test_lists_and_strings_are_datasets_too() -> None:
    assert list(DataLoader("abc", batch_size=2)) == [["a", "b"], ["c"]]
    assert [b.tolist() for b in DataLoader([3, 1, 2], batch_size=2)] == [[3, 1], [2]]


def test_without_batches() -> None:
    x, t = next(iter(DataLoader(Plain(3), batch_size=None)))
    assert x.tolist() == [0, 0] and t == 0 and len(DataLoader(Plain(3), batch_size=None)) == 3
    batches = DataLoader(
        numbered(3), batch_size=None, sampler=BatchSampler(range(3), 2, drop_last=False)
    )
    assert [t.tolist() for _, t in batches] == [[0, 1], [2]]


def test_own_samplers() -> None:
    class Backwards(Sampler[int]):
        def __iter__(self) -> Any:
            return iter([2, 1, 0])

    loader = DataLoader(Plain(3), 2, sampler=Backwards())
    assert [t.tolist() for _, t in loader] == [[2, 1], [0]]
    with pytest.raises(ArgumentError, match="__len__"):
        len(loader)
    chosen = DataLoader(Plain(3), batch_sampler=[[2], [0, 1]])
    assert [t.tolist() for _, t in chosen] == [[2], [0, 1]] and len(chosen) == 2


@pytest.mark.parametrize(
    "bad",
    [
        {"batch_size": 0},
        {"batch_size": -1},
        {"batch_size": 2.5},
        {"batch_size": True},
        {"batch_size": float("nan")},
        {"num_workers": -1},
        {"num_workers": 1.5},
        {"shuffle": "yes"},
        {"shuffle": True, "sampler": [0]},
        {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_sampler": [[0]], "shuffle": True},
        {"batch_sampler": [[0]], "sampler": [0]},
        {"batch_sampler": [[0]], "drop_last": True},
        {"batch_size": None, "drop_last": True},
        {"drop_last": 1},
    ],
)
def test_bad_arguments_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(REFUSALS):
        DataLoader(Plain(3), **bad)


def test_bad_datasets_are_refused() -> None:
    with pytest.raises(ArgumentError, match="__len__"):
        DataLoader(iter([1, 2]))
    with pytest.raises(HyperparameterError, match="num_samples"):
        DataLoader(Plain(0), shuffle=True)
    assert list(DataLoader(Plain(0))) == []


def test_the_arguments_of_workers_are_taken() -> None:
    loader = DataLoader(
        Plain(3), 3, num_workers=2, pin_memory=True, persistent_workers=True, prefetch_factor=4
    )
    assert loader.num_workers == 2 and len(list(loader)) == 1


@given(sizes, sizes, st.booleans(), st.booleans(), st.integers(0, 9))
def test_the_loader_takes_what_its_samplers_give(
    n: int, size: int, shuffle: bool, drop_last: bool, seed: int
) -> None:
    class Asked(Dataset[Any]):
        def __getitems__(self, indices: Any) -> Any:
            assert type(indices) is list and all(type(i) is int for i in indices)
            return indices

        def __len__(self) -> int:
            return n

    def draw(**more: Any) -> Sampler[int]:
        plain = RandomSampler(Asked(), generator=seeded(seed), **more)
        return plain if shuffle else SequentialSampler(Asked())

    for more in ({}, {"num_samples": 2 * n + 1}, {"replacement": True}):
        expected = list(BatchSampler(draw(**more), size, drop_last))
        loader = DataLoader(Asked(), size, sampler=draw(**more), drop_last=drop_last)
        assert [batch.tolist() for batch in loader] == expected


def test_an_overridden_sampler_is_obeyed() -> None:
    class Even(RandomSampler):
        def __iter__(self) -> Any:
            return (2 * i for i in super().__iter__() if i < 2)

    class Pairs(BatchSampler):
        def __iter__(self) -> Any:
            return iter([[3, 3]])

    ((_, labels),) = listed(DataLoader(numbered(4), 4, sampler=Even(range(4))))
    assert sorted(labels) == [0, 2]
    pairs = Pairs(SequentialSampler(range(4)), 2, drop_last=False)
    assert [t.tolist() for _, t in DataLoader(numbered(4), batch_sampler=pairs)] == [[3, 3]]


# ---- datasets


def test_tensor_dataset() -> None:
    dataset = numbered(3)
    x, t = dataset[1]
    assert x.tolist() == [1, -1] and t.item() == 1 and len(dataset) == 3
    assert dataset[-1][1].item() == 2 and dataset[0:2][1].tolist() == [0, 1]
    assert [int(t) for _, t in dataset] == [0, 1, 2]
    for bad in ((), (np.ones(3),)):
        with pytest.raises(ArgumentError):
            TensorDataset(*bad)
    for shapes in (((3,), (2,)), ((), ()), ((3, 2), ())):
        with pytest.raises(ShapeError):
            TensorDataset(*(wrap(np.zeros(shape)) for shape in shapes))


@pytest.mark.parametrize("index", [3, -4, "a", 1.0])
def test_indices_out_of_range_are_refused(index: Any) -> None:
    for dataset in (numbered(3), Subset(numbered(3), [index])):
        with pytest.raises(IndexingError):
            list(DataLoader(dataset, batch_sampler=[[0 if isinstance(dataset, Subset) else index]]))


@pytest.mark.parametrize(
    "indices",
    [range(1, 4), range(-4, -2), np.array([0, 3]), np.array([-4]), np.array([1.0]),
     np.eye(2, dtype=int), np.array([2**64 - 1], np.uint64)],
)  # fmt: skip
@pytest.mark.parametrize("requires_grad", [False, True])
def test_batches_of_indices_out_of_range_are_refused(indices: Any, requires_grad: bool) -> None:
    dataset = TensorDataset(numbered(3).tensors[0].requires_grad_(requires_grad))
    with pytest.raises(IndexingError, match="The index"):
        list(DataLoader(dataset, batch_sampler=[indices]))


@pytest.mark.parametrize(
    "indices",
    [range(1, 3), range(0, 3, 2), range(2, -1, -1), range(-2, 0), range(0), np.array([-1, 0]), []],
)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_indices_of_any_kind_are_taken(indices: Any, requires_grad: bool) -> None:
    x = wrap(np.arange(3, dtype=np.float32)).requires_grad_(requires_grad)
    ((batch,),) = DataLoader(TensorDataset(x), batch_sampler=[indices])
    assert batch.tolist() == [float([0, 1, 2][i]) for i in indices]


def test_subset() -> None:
    part: Subset[Any] = Subset(Plain(5), [4, 2])
    assert part[0][1] == 4 and part[-1][1] == 2 and len(part) == 2
    assert [t for _, t in part] == [4, 2]
    nested: Subset[Any] = Subset(Subset(numbered(9), [8, 6, 4]), [2, 0])
    assert [t.tolist() for _, t in DataLoader(nested, 2)] == [[4, 8]]
    assert Subset(numbered(9), [8, 6])[[1, 0]][1].tolist() == [6, 8]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.integers(0, 9))
def test_random_split_by_lengths(lengths: list[int], seed: int) -> None:
    n = sum(lengths)
    if n == 1:
        return
    parts = random_split(range(n), lengths, generator=seeded(seed))
    assert [len(part) for part in parts] == lengths
    assert sorted(i for part in parts for i in part.indices) == list(range(n))
    again = random_split(range(n), lengths, generator=seeded(seed))
    assert [part.indices for part in parts] == [part.indices for part in again]


@pytest.mark.filterwarnings("ignore:빈 부분", "ignore:Length of split")
@pytest.mark.parametrize(
    "lengths", [[0.6, 0.2, 0.2], [0.3, 0.3, 0.4], [0.5, 0.5], [1], [0.7, 0.2, 0.1], [0.99, 0.01]]
)
@pytest.mark.parametrize("n", [3, 10, 11, 101])
def test_random_split_rounds_as_pytorch(lengths: list[float], n: int) -> None:
    data = pytest.importorskip("torch.utils.data")
    ours = [len(part) for part in random_split(range(n), lengths)]
    assert ours == [len(part) for part in data.random_split(range(n), lengths)]


@pytest.mark.parametrize(
    "lengths", [[3, 3], [-1, 11], [0.5, 0.6], [2.5, 7.5], [float("nan"), 10], [float("inf")], ["a"]]
)
def test_random_split_refuses(lengths: list[Any]) -> None:
    with pytest.raises(REFUSALS):
        random_split(range(10), lengths)


def test_random_split_warns_of_an_empty_part() -> None:
    with pytest.warns(UserWarning, match="empty"):
        random_split(range(2), [0.9, 0.05, 0.05])


# ---- samplers


def test_samplers() -> None:
    assert list(SequentialSampler("abc")) == [0, 1, 2] and len(SequentialSampler("abc")) == 3
    many = RandomSampler(range(4), num_samples=10, generator=seeded(0))
    order = list(many)
    assert len(order) == len(many) == 10
    assert sorted(order[:4]) == sorted(order[4:8]) == [0, 1, 2, 3]
    drawn = RandomSampler(range(3), replacement=True, num_samples=500, generator=seeded(0))
    assert set(drawn) == {0, 1, 2} and len(drawn) == 500
    chosen = SubsetRandomSampler([7, 5, 3], generator=seeded(0))
    orders = {tuple(chosen) for _ in range(60)}
    assert len(orders) == 6 and all(sorted(o) == [3, 5, 7] for o in orders) and len(chosen) == 3
    for bad in ({"num_samples": 0}, {"num_samples": 1.5}, {"replacement": 1}):
        with pytest.raises(REFUSALS):
            RandomSampler(range(3), **bad)  # type: ignore[arg-type]


# ---- collating

Pair = namedtuple("Pair", "a b")

BATCHES: list[Any] = [
    [1, 2],
    [1.0, 2.0],
    [True, False],
    [np.float32(1), np.float32(2)],
    [np.float64(1)],
    [np.int32(3)],
    [np.array(1.0, dtype=np.float32)],
    [np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)],
    [np.zeros((0, 2), np.uint8)] * 3,
    ["a", "b"],
    [b"x"],
    [("a", 1), ("b", 2)],
    [[1, 2], [3, 4]],
    [{"a": 1, "b": [2.0]}, {"a": 3, "b": [4.0]}],
    [Pair(1, "x"), Pair(2, "y")],
    [(np.ones(2), (1, {"k": "v"}))],
]


def comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [comparable(item) for item in value]
    if hasattr(value, "dtype"):
        return str(value.dtype).removeprefix("torch."), list(value.shape), value.tolist()
    return value


@pytest.mark.parametrize("batch", BATCHES)
def test_default_collate_is_pytorchs(batch: Any) -> None:
    data = pytest.importorskip("torch.utils.data")
    assert comparable(default_collate(batch)) == comparable(data.default_collate(batch))


def test_tensors_are_stacked() -> None:
    batch = default_collate([wrap(np.ones((2, 3))), wrap(np.zeros((2, 3)))])
    assert isinstance(batch, Tensor) and tuple(batch.shape) == (2, 2, 3)


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ([], ArgumentError),
        ([None], ArgumentError),
        ([object()], ArgumentError),
        ([1, "a"], ArgumentError),
        ([{"a": 1}, {"b": 2}], ArgumentError),
        ([np.array(["a"])], DTypeError),
        ([1j], ArgumentError),
        ([np.complex64(1)], DTypeError),
        ([2**70], DTypeError),
        ([np.ones(2), np.ones(3)], ShapeError),
        ([wrap(np.ones(2)), wrap(np.ones(3))], ShapeError),
        ([[1], [1, 2]], ShapeError),
    ],
)
def test_what_cannot_be_collated(batch: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        default_collate(batch)


def test_default_convert() -> None:
    sample = {"a": (np.ones(2), "s"), "b": Pair(np.float32(2), 3)}
    converted = default_convert(sample)
    assert isinstance(converted["a"][0], Tensor) and converted["a"][1] == "s"
    assert isinstance(converted["b"], Pair) and converted["b"].a.item() == 2
