"""난수: Generator와 manual_seed. NumPy의 전역 상태는 건드리지 않는다.

Random numbers: every draw comes from a :class:`Generator`, given or the default one; NumPy's global
state is never read or written.
"""

from __future__ import annotations

import json
import secrets
import threading
from typing import Any

import numpy as np

from tinygrad_kr.dtypes import Array
from tinygrad_kr.errors import ArgumentError


class Generator:
    """난수의 흐름 하나(PCG64).

    A stream of random numbers, PCG64 inside; ``device`` is taken for compatibility.
    """

    def __init__(self, device: object = "cpu") -> None:
        self.device = device
        self.seed()

    def manual_seed(self, seed: int) -> Generator:
        """씨앗을 정한다.

        Start the stream again from ``seed`` (any integer); returns the generator.

        >>> manual_seed(0).initial_seed()
        0
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise ArgumentError(
                f"씨앗은 정수여야 합니다: {seed!r}.", f"A seed is an integer, not {seed!r}."
            )
        self._seed = int(seed)
        self.numpy = np.random.Generator(np.random.PCG64(self._seed % 2**64))
        return self

    def seed(self) -> int:
        """새 씨앗을 정하고 돌려준다.

        Seed from the operating system's entropy; returns the seed.
        """
        return self.manual_seed(secrets.randbits(63)).initial_seed()

    def initial_seed(self) -> int:
        """지금 흐름의 씨앗.

        The seed that the stream started from.
        """
        return self._seed

    def get_state(self) -> Array:
        """상태를 uint8 배열로.

        The state as a uint8 array; :meth:`set_state` takes it back.
        """
        state = {"seed": self._seed, "numpy": self.numpy.bit_generator.state}
        return np.frombuffer(json.dumps(state).encode("ascii"), dtype=np.uint8).copy()

    def set_state(self, state: Any) -> None:
        """get_state()의 상태로 되돌린다.

        Go back to a state of :meth:`get_state` (an array, a tensor or bytes).
        """
        fresh = np.random.PCG64()
        try:
            raw = state if isinstance(state, bytes) else bytes(np.asarray(state, dtype=np.uint8))
            read = json.loads(raw.decode("ascii"))
            fresh.state = read["numpy"]
            seed = int(read["seed"])
        except (ValueError, TypeError, KeyError) as error:
            raise ArgumentError(
                "난수 생성기의 상태가 아닙니다. get_state()의 결과를 주세요.",
                "This is not a generator state; pass what get_state() returned.",
            ) from error
        self._seed = seed
        self.numpy = np.random.Generator(fresh)


class DefaultGenerator(Generator):
    """생성기를 주지 않은 곳에서 쓰는 생성기. 스레드마다 흐름을 따로 둘 수 있다.

    The generator of whoever gives none. A thread may have a stream of its own, as a loader's
    workers do, so that what they draw does not depend on who comes first.
    """

    _of_thread = threading.local()

    def __init__(self) -> None:
        self._shared: dict[str, Any] = {}
        super().__init__()

    def _stream(self) -> dict[str, Any]:
        return vars(self._of_thread) or self._shared

    numpy = property(
        lambda self: self._stream()["numpy"], lambda self, value: self._stream().update(numpy=value)
    )
    _seed = property(
        lambda self: self._stream()["seed"], lambda self, value: self._stream().update(seed=value)
    )

    def seed_thread(self, seed: int) -> None:
        """이 스레드에 흐름을 따로 준다. Give this thread a stream of its own."""
        vars(self._of_thread).update(seed=seed)
        self.manual_seed(seed)


default_generator = DefaultGenerator()
manual_seed = default_generator.manual_seed
seed = default_generator.seed
initial_seed = default_generator.initial_seed
get_rng_state = default_generator.get_state
set_rng_state = default_generator.set_state


def numpy_generator(generator: Generator | None = None) -> np.random.Generator:
    """생성기(없으면 기본 생성기) 안의 NumPy 생성기.

    The NumPy generator inside ``generator``, or inside the default one.
    """
    return (default_generator if generator is None else generator).numpy
