"""
오버피팅: 훈련 데이터를 외워 버린 신경망
========================================

「밑바닥부터 시작하는 딥러닝」 6.4.1절의 실험입니다. 오버피팅(overfitting)은 신경망이 훈련
데이터(training data)에만 지나치게 맞춰져서 처음 보는 데이터는 잘 맞히지 못하는 상태입니다.
매개변수가 많아 표현력이 높은 모델을 적은 데이터로 학습하면 일어납니다. 책은 이것을 일부러
일으킵니다. MNIST의 훈련 이미지 60,000장 가운데 300장만 쓰고, 은닉층이 여섯 개인 신경망을 201에폭
동안 학습합니다.

A net of seven layers learns 300 images by heart and misses a quarter of those it never saw.
"""

import matplotlib.pyplot as plt

from helpers.experiment import begin
from helpers.networks import batches, fit, mlp, mnist
from helpers.small_data import SIZES, learn, measure
from tinygrad_kr import optim, viz
from tinygrad_kr.viz import say

run = begin()
sizes = run.pick(quick=[300, 10000], default=[300, 1000, 3000, 10000, 60000])
x, t, x_test, t_test = mnist(sizes[-1], run.pick(quick=2000, default=10000))

# %%
# 300장을 201에폭 동안 배우기
# ---------------------------
# 매개변수는 13만 개가 넘는데 훈련 이미지는 300장입니다. 에폭(epoch)이 끝날 때마다 훈련 데이터와
# 시험 데이터(test data)로 정확도(accuracy)와 손실(loss)을 잽니다. 시험 데이터로는 재기만 하고
# 학습하지 않습니다.

model = mlp(SIZES)
optimizer = optim.SGD(model.parameters(), lr=0.01)
data = x[:300], t[:300], x_test, t_test
curves = learn(model, optimizer, data, epochs=201, every=run.pick(quick=10, default=2, full=1))
lowest = curves.test_loss.argmin()
print(f"매개변수(parameters): {sum(p.numel() for p in model.parameters()):,}개")
print(
    f"정확도(accuracy): 훈련(training) {curves.train[-1]:.3f}, 시험(test) {curves.test[-1]:.3f}, "
    f"차이(gap) {curves.gap:.3f}"
)
print(
    f"손실(loss): 훈련(training) {curves.train_loss[-1]:.3f}, 시험(test) "
    f"{curves.test_loss[-1]:.3f}, 시험의 최저(lowest) {curves.test_loss[lowest]:.3f}"
    f"(에폭 {curves.epoch[lowest]:.0f})"
)
assert curves.train[-1] > 0.99
assert curves.gap > 0.2
assert curves.test_loss[-1] > curves.test_loss[lowest] + 0.02

# %%
# 데이터를 늘리면
# ---------------
# 같은 신경망을 똑같이 603번 갱신하되 훈련 이미지의 수만 바꿉니다. 300장이면 201에폭이고,
# 60,000장이면 겨우 1에폭입니다. 데이터가 많을수록 두 정확도의 차이가 줄고 시험 정확도가 오릅니다.
# 외울 수 없을 만큼 데이터가 많으면 신경망은 숫자의 모양을 배우는 수밖에 없습니다.

ends = []
for n in sizes:
    model = mlp(SIZES)
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    fit(model, optimizer, batches(x[:n], t[:n], 100, steps=603))
    train, test = measure(model, x[:n], t[:n])[0], measure(model, x_test, t_test)[0]
    ends.append((train, test))
    print(f"{n:6,}장(images): 훈련 {train:.3f}, 시험 {test:.3f}, 차이(gap) {train - test:+.3f}")
assert ends[0][0] - ends[0][1] > 0.2
assert abs(ends[-1][0] - ends[-1][1]) < 0.05
assert ends[-1][1] > ends[0][1]

# %%
# 그림에서 볼 것
# --------------
# - **왼쪽**: 훈련 정확도는 100%에 이르지만 시험 정확도는 75% 근처에서 멈춥니다. 벌어진 틈이
#   오버피팅입니다.
# - **가운데**: 훈련 손실은 끝까지 줄지만 시험 손실은 100에폭쯤부터 다시 늘어납니다. 틀린 답을 점점
#   더 자신 있게 말한다는 뜻입니다. 정확도만 보면 이것을 놓칩니다.
# - **오른쪽**: 데이터가 늘면 틈이 닫힙니다.
#
# 데이터를 더 구할 수 없을 때 쓰는 것이 :doc:`가중치 감소 <ch06_weight_decay>` (6.4.2)와
# :doc:`드롭아웃 <ch06_dropout>` (6.4.3)입니다.

training, testing = say("훈련 데이터", "training data"), say("시험 데이터", "test data")
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.4))
viz.curves({training: curves.train, testing: curves.test}, left, x=curves.epoch)
viz.curves({training: curves.train_loss, testing: curves.test_loss}, middle, x=curves.epoch)
middle.plot(curves.epoch[lowest], curves.test_loss[lowest], "ko")
middle.annotate(
    say("여기부터 늘어난다", "rises from here"),
    (curves.epoch[lowest], curves.test_loss[lowest]),
    xytext=(0, 18),
    textcoords="offset points",
    ha="center",
)
left.set(xlabel=say("에폭", "epoch"), ylabel=say("정확도", "accuracy"), ylim=(0, 1.02))
left.legend(loc="lower right")
middle.set(xlabel=say("에폭", "epoch"), ylabel=say("손실", "loss"))
middle.legend(loc="upper right")
right.plot(sizes, [train for train, _ in ends], "o-")
right.plot(sizes, [test for _, test in ends], "o-")
right.grid(alpha=0.3)
right.set(
    xscale="log",
    xlabel=say("훈련 이미지의 수 (갱신은 모두 603번)", "training images (603 updates each)"),
    ylabel=say("정확도", "accuracy"),
    ylim=(0, 1.02),
)
run.finish("ch06_overfitting")
