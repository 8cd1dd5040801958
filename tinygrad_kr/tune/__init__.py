"""하이퍼파라미터 탐색: 범위를 정하고, 뽑고, 검증 데이터로 재고, 범위를 좁힌다.

Random search for hyperparameters in the book's four steps: set a range, sample from it, train a
little and judge on validation data, narrow the range and repeat. Who wants cleverer draws or many
processes hands the same objective to Optuna: ``examples/optuna_search.py``.

Source: 「밑바닥부터 시작하는 딥러닝」 6.5; J. Bergstra, Y. Bengio, "Random Search for
Hyper-Parameter Optimization" (2012).

>>> import math
>>> def objective(params, seed):  # trains with ``params``, returns the validation score
...     return -abs(math.log10(params["lr"]) + 2)
>>> search = RandomSearch(objective, {"lr": LogUniform(1e-6, 1)})
>>> _ = search.run(100)
>>> narrowed = search.narrow(best=0.2)
>>> _ = search.run(100)
>>> 0.009 < search.best.params["lr"] < 0.011
True
"""

from tinygrad_kr.tune.ranges import Choice as Choice
from tinygrad_kr.tune.ranges import Integer as Integer
from tinygrad_kr.tune.ranges import LogUniform as LogUniform
from tinygrad_kr.tune.ranges import Range as Range
from tinygrad_kr.tune.ranges import Uniform as Uniform
from tinygrad_kr.tune.record import Trial as Trial
from tinygrad_kr.tune.search import RandomSearch as RandomSearch
