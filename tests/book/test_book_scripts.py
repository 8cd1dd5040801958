"""Readers' scripts of chapters 4 to 7, run as they stand after ``book.install()``.

Each is written as a reader writes it: the book's names, imports and ways, nothing of the package.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEGIN = "from tinygrad_kr import book\nbook.install()\n"

CHAPTER_4 = """
import sys, os
sys.path.append(os.pardir)
from common.functions import *
from common.gradient import numerical_gradient
from dataset.mnist import load_mnist

class Net:
    def __init__(self, n, hidden, out):
        self.params = {}
        self.params['W1'] = 0.01 * np.random.randn(n, hidden)
        self.params['b1'] = np.zeros(hidden)
        self.params['W2'] = 0.01 * np.random.randn(hidden, out)
        self.params['b2'] = np.zeros(out)
    def predict(self, x):
        z = sigmoid(np.dot(x, self.params['W1']) + self.params['b1'])
        return softmax(np.dot(z, self.params['W2']) + self.params['b2'])
    def loss(self, x, t):
        return cross_entropy_error(self.predict(x), t)
    def numerical_gradient(self, x, t):
        f = lambda W: self.loss(x, t)
        return {key: numerical_gradient(f, self.params[key]) for key in self.params}
    def gradient(self, x, t):
        a = np.dot(x, self.params['W1']) + self.params['b1']
        z = sigmoid(a)
        d = (self.predict(x) - t) / x.shape[0]
        back = sigmoid_grad(a) * np.dot(d, self.params['W2'].T)
        return {'W1': np.dot(x.T, back), 'b1': back.sum(axis=0),
                'W2': np.dot(z.T, d), 'b2': d.sum(axis=0)}

np.random.seed(0)
(x_train, t_train), (x_test, t_test) = load_mnist(normalize=True, one_hot_label=True)
small = Net(6, 4, 10)
x, t = x_train[:5, 300:306], t_train[:5]
exact, numerical = small.gradient(x, t), small.numerical_gradient(x, t)
for key in exact:
    assert np.abs(exact[key] - numerical[key]).max() < 1e-6, key

net = Net(784, 50, 10)
losses = []
for i in range(300):
    chosen = np.random.choice(60000, 100)
    grad = net.gradient(x_train[chosen], t_train[chosen])
    for key in ('W1', 'b1', 'W2', 'b2'):
        net.params[key] -= 0.5 * grad[key]
    losses.append(net.loss(x_train[chosen], t_train[chosen]))
print(losses[0], losses[-1])
assert losses[0] > 2.2 and np.mean(losses[-20:]) < 0.6
"""

CHAPTER_5 = """
import numpy as np
from collections import OrderedDict
from common.layers import *
from common.gradient import numerical_gradient
from common.optimizer import SGD
from dataset.mnist import load_mnist

class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.params = {'W1': weight_init_std * np.random.randn(input_size, hidden_size),
                       'b1': np.zeros(hidden_size),
                       'W2': weight_init_std * np.random.randn(hidden_size, output_size),
                       'b2': np.zeros(output_size)}
        self.layers = OrderedDict()
        self.layers['Affine1'] = Affine(self.params['W1'], self.params['b1'])
        self.layers['Relu1'] = Relu()
        self.layers['Affine2'] = Affine(self.params['W2'], self.params['b2'])
        self.lastLayer = SoftmaxWithLoss()
    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x
    def loss(self, x, t):
        return self.lastLayer.forward(self.predict(x), t)
    def accuracy(self, x, t):
        y = np.argmax(self.predict(x), axis=1)
        if t.ndim != 1: t = np.argmax(t, axis=1)
        return np.sum(y == t) / float(x.shape[0])
    def numerical_gradient(self, x, t):
        return {key: numerical_gradient(lambda W: self.loss(x, t), self.params[key])
                for key in self.params}
    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.lastLayer.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        one, two = self.layers['Affine1'], self.layers['Affine2']
        return {'W1': one.dW, 'b1': one.db, 'W2': two.dW, 'b2': two.db}

np.random.seed(0)
(x_train, t_train), (x_test, t_test) = load_mnist(normalize=True, one_hot_label=True)
check = TwoLayerNet(6, 5, 10, 0.5)
x = np.random.rand(3, 6)
a, b = (f(x, t_train[:3]) for f in (check.gradient, check.numerical_gradient))
for key in a:
    assert np.average(np.abs(a[key] - b[key])) < 1e-6  # what the 1e-7 of the loss makes

network = TwoLayerNet(input_size=784, hidden_size=50, output_size=10)
optimizer = SGD(lr=0.2)
for i in range(400):
    chosen = np.random.choice(x_train.shape[0], 100)
    optimizer.update(network.params, network.gradient(x_train[chosen], t_train[chosen]))
acc = network.accuracy(x_test, t_test)
print('test acc:' + str(acc))
assert acc > 0.88
"""

CHAPTER_6 = """
import numpy as np
from collections import OrderedDict
from common.optimizer import *
from common.util import smooth_curve, shuffle_dataset
from common.multi_layer_net import MultiLayerNet
from common.multi_layer_net_extend import MultiLayerNetExtend
from common.trainer import Trainer
from dataset.mnist import load_mnist

# the paths on f
optimizers = OrderedDict(SGD=SGD(lr=0.95), Momentum=Momentum(lr=0.1), AdaGrad=AdaGrad(lr=1.5),
                         Adam=Adam(lr=0.3))
for key in optimizers:
    params, grads = {'x': -7.0, 'y': 2.0}, {'x': 0, 'y': 0}
    for i in range(30):
        grads['x'], grads['y'] = params['x'] / 10.0, 2.0 * params['y']
        optimizers[key].update(params, grads)
    print(key, params)
    assert abs(params['x']) < 1 and abs(params['y']) < 0.5

np.random.seed(0)
(x_train, t_train), (x_test, t_test) = load_mnist(normalize=True)

# the optimisers compared
train_loss = {}
for key, optimizer in (('SGD', SGD()), ('AdaGrad', AdaGrad())):
    network = MultiLayerNet(input_size=784, hidden_size_list=[100, 100], output_size=10)
    train_loss[key] = []
    for i in range(60):
        chosen = np.random.choice(60000, 128)
        x_batch, t_batch = x_train[chosen], t_train[chosen]
        optimizer.update(network.params, network.gradient(x_batch, t_batch))
        train_loss[key].append(network.loss(x_batch, t_batch))
assert smooth_curve(train_loss['AdaGrad'])[-1] < smooth_curve(train_loss['SGD'])[-1] - 0.5

# batch normalisation
x_train, t_train = x_train[:500], t_train[:500]
bn = MultiLayerNetExtend(784, [50] * 4, 10, weight_init_std=0.01, use_batchnorm=True)
plain = MultiLayerNetExtend(784, [50] * 4, 10, weight_init_std=0.01)
optimizer = SGD(lr=0.05)
for i in range(60):
    chosen = np.random.choice(500, 100)
    for net in (bn, plain):
        optimizer.update(net.params, net.gradient(x_train[chosen], t_train[chosen]))
print(bn.accuracy(x_train, t_train), plain.accuracy(x_train, t_train))
assert bn.accuracy(x_train, t_train) > 0.6 > 0.3 > plain.accuracy(x_train, t_train)

# its gradient, checked with a batch of one as the book does
one = MultiLayerNetExtend(5, [4, 4], 3, use_batchnorm=True)
found, numerical = (f(x_train[:1, 300:305], t_train[:1] % 3)
                    for f in (one.gradient, one.numerical_gradient))
assert found.keys() == numerical.keys()

# overfitting, weight decay, dropout
network = MultiLayerNetExtend(784, [50] * 3, 10, weight_decay_lambda=0.1, use_dropout=True,
                              dropout_ration=0.2)
trainer = Trainer(network, x_train[:300], t_train[:300], x_test, t_test, epochs=3,
                  mini_batch_size=100, optimizer='sgd', optimizer_param={'lr': 0.01}, verbose=True)
trainer.train()
assert len(trainer.train_loss_list) == 9 and len(trainer.test_acc_list) == 3

# the search
x, t = shuffle_dataset(x_train, t_train)
num = int(x.shape[0] * 0.2)
lr = 10 ** np.random.uniform(-2, -2)
trainer = Trainer(MultiLayerNet(784, [50], 10, weight_decay_lambda=1e-6), x[num:], t[num:], x[:num],
                  t[:num], epochs=2, optimizer='sgd', optimizer_param={'lr': lr}, verbose=False)
trainer.train()
assert len(trainer.test_acc_list) == 2
"""

CHAPTER_7 = """
import pickle
import numpy as np
from common.layers import *
from common.gradient import numerical_gradient
from common.trainer import Trainer
from dataset.mnist import load_mnist

class ConvNet:
    def __init__(self, input_dim=(1, 28, 28), filters=6, size=5, hidden_size=20, output_size=10):
        pooled = (input_dim[1] - size + 1) // 2
        self.params = {'W1': 0.1 * np.random.randn(filters, input_dim[0], size, size),
                       'b1': np.zeros(filters),
                       'W2': 0.1 * np.random.randn(filters * pooled * pooled, hidden_size),
                       'b2': np.zeros(hidden_size),
                       'W3': 0.1 * np.random.randn(hidden_size, output_size),
                       'b3': np.zeros(output_size)}
        p = self.params
        self.layers = [Convolution(p['W1'], p['b1'], 1, 0), Relu(),
                       Pooling(pool_h=2, pool_w=2, stride=2), Affine(p['W2'], p['b2']), Relu(),
                       Affine(p['W3'], p['b3'])]
        self.last_layer = SoftmaxWithLoss()
    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def loss(self, x, t):
        return self.last_layer.forward(self.predict(x), t)
    def accuracy(self, x, t, batch_size=100):
        if t.ndim != 1: t = np.argmax(t, axis=1)
        right = 0.0
        for i in range(int(x.shape[0] / batch_size)):
            part = slice(i * batch_size, (i + 1) * batch_size)
            right += np.sum(np.argmax(self.predict(x[part]), axis=1) == t[part])
        return right / x.shape[0]
    def numerical_gradient(self, x, t):
        return {key: numerical_gradient(lambda w: self.loss(x, t), self.params[key])
                for key in self.params}
    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in self.layers[::-1]:
            dout = layer.backward(dout)
        grads = {}
        for i, n in enumerate((0, 3, 5)):
            grads['W' + str(i + 1)], grads['b' + str(i + 1)] = self.layers[n].dW, self.layers[n].db
        return grads
    def load_params(self, data):
        for key, value in pickle.loads(data).items():
            self.params[key] = value
        for i, n in enumerate((0, 3, 5)):
            self.layers[n].W = self.params['W' + str(i + 1)]
            self.layers[n].b = self.params['b' + str(i + 1)]

np.random.seed(0)
tiny = ConvNet((1, 8, 8), filters=2, size=3, hidden_size=4, output_size=3)
x, t = np.random.rand(2, 1, 8, 8), np.array([0, 2])
exact, numerical = tiny.gradient(x, t), tiny.numerical_gradient(x, t)
for key in exact:
    assert np.abs(exact[key] - numerical[key]).max() < 1e-5, key

(x_train, t_train), (x_test, t_test) = load_mnist(flatten=False)
x_train, t_train, x_test, t_test = x_train[:1000], t_train[:1000], x_test[:500], t_test[:500]
network = ConvNet()
trainer = Trainer(network, x_train, t_train, x_test, t_test, epochs=4, mini_batch_size=50,
                  optimizer='Adam', optimizer_param={'lr': 0.005},
                  evaluate_sample_num_per_epoch=200, verbose=False)
trainer.train()
acc = network.accuracy(x_test, t_test)
print(acc)
assert acc > 0.8
other = ConvNet()
other.load_params(pickle.dumps(network.params))
assert other.accuracy(x_test, t_test) == acc
"""


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    command = [sys.executable, "-W", "error::RuntimeWarning", str(path)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


@pytest.mark.parametrize("script", [CHAPTER_4, CHAPTER_5, CHAPTER_6, CHAPTER_7],
                         ids=["chapter_4", "chapter_5", "chapter_6", "chapter_7"])  # fmt: skip
def test_a_readers_script_runs(script: str, tmp_path: Path) -> None:
    done = run(BEGIN + script, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_importable_by_the_books_name(tmp_path: Path) -> None:
    script = """
    import common.layers, dataset.mnist
    from common import functions, optimizer
    import tinygrad_kr.book as ours
    names = 'functions gradient layers multi_layer_net multi_layer_net_extend optimizer trainer'
    for name in [*names.split(), 'util']:
        exec(f'import common.{name} as module')
        assert module is getattr(ours, name), name
    assert dataset.mnist is ours.mnist and optimizer is ours.optimizer
    ours.install()
    """
    done = run(BEGIN + textwrap.dedent(script), tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["common", "dataset"])
def test_other_modules_of_these_names_are_not_replaced(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("mine = 1")
    script = f"""
    import {name}, sys
    from tinygrad_kr import book
    try:
        book.install()
    except ImportError as error:
        korean, english = str(error).split(chr(10))
        assert {name!r} in korean and {name!r} in english and '__init__.py' in english
    else:
        raise SystemExit('not refused')
    assert sys.modules[{name!r}].mine == 1
    assert not any(m.startswith(('common.', 'dataset.')) for m in sys.modules)
    """
    done = run(textwrap.dedent(script), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_alone_touches_no_global_random_state(tmp_path: Path) -> None:
    script = "import numpy as np\nnp.random.seed(1)\na = np.random.rand()\nnp.random.seed(1)\n"
    done = run(script + BEGIN + "assert np.random.rand() == a\n", tmp_path)
    assert done.returncode == 0, done.stderr
