"""오류 클래스: 모두 한국어 한 줄, 영어 한 줄로 말한다.

The errors a user can cause. Each inherits the built-in that PyTorch raises and the natural one, so
that ``except RuntimeError`` written for PyTorch and ``except ValueError`` written from common sense
both work; each says in two lines, Korean then English, what happened, with which values, and what
to do about it.
"""

from __future__ import annotations


class TinygradKrError(Exception):
    """두 언어로 말하는 오류의 바탕.

    The base of every error of this package: ``TinygradKrError(korean, english)``.
    """

    def __init__(self, korean: str, english: str) -> None:
        super().__init__(korean, english)
        self.korean = korean
        self.english = english

    def __str__(self) -> str:
        return f"{self.korean}\n{self.english}"


class ShapeError(TinygradKrError, RuntimeError, ValueError):
    """형상이 맞지 않는다.

    Shapes that do not fit together.
    """


class DimError(TinygradKrError, IndexError, RuntimeError, ValueError):
    """차원 번호가 범위를 벗어났거나 겹친다.

    A dimension that is out of range or named twice.
    """


class IndexingError(TinygradKrError, IndexError, RuntimeError, TypeError):
    """인덱스를 쓸 수 없다.

    An index that is out of range or of a kind that cannot index a tensor.
    """


class DTypeError(TinygradKrError, RuntimeError, TypeError):
    """자료형이 맞지 않거나 지원되지 않는다.

    A dtype that does not fit or is not supported.
    """


class ArgumentError(TinygradKrError, RuntimeError, TypeError, ValueError):
    """인자의 종류나 값이 잘못되었다.

    An argument of the wrong kind or with a value outside its range.
    """


class DivisionError(TinygradKrError, RuntimeError, ZeroDivisionError):
    """정수를 0으로 나누었다.

    A division of integers by 0.
    """


class LinAlgError(TinygradKrError, RuntimeError, ValueError):
    """행렬이 특이하거나, 양의 정부호가 아니거나, 유한하지 않다.

    A matrix that is singular, not positive-definite or not finite where it must not be.
    """


class ConversionError(TinygradKrError, RuntimeError, TypeError, ValueError):
    """텐서를 다른 것(스칼라, NumPy 배열)으로 바꿀 수 없다.

    A tensor that cannot become what was asked for: a number, a truth value, a NumPy array.
    """


class GradientError(TinygradKrError, RuntimeError):
    """계산 그래프나 기울기를 잘못 썼다.

    A misuse of the graph: a second walk, a non-scalar ``backward()``, no gradient to compute.
    """


class GradcheckError(TinygradKrError, RuntimeError, AssertionError):
    """기울기 검사가 틀린 곳을 찾았다.

    What a check of :mod:`tinygrad_kr.testing` found wrong: where, by how much, and probably why.
    """


class MismatchError(TinygradKrError, AssertionError):
    """두 값이 가깝지 않다.

    Two values that are not close.
    """


class InplaceError(TinygradKrError, RuntimeError):
    """제자리(in-place) 변경이 허용되지 않거나 역전파에 필요한 값을 망가뜨렸다.

    An in-place change that is refused, or that destroyed a value kept for the backward pass.
    """


class AnomalyError(TinygradKrError, RuntimeError):
    """역전파에서 nan이 생겼다(detect_anomaly).

    A backward function returned nan while ``detect_anomaly`` was on.
    """


class HyperparameterError(TinygradKrError, RuntimeError, ValueError):
    """하이퍼파라미터가 범위를 벗어났다.

    A hyperparameter outside its range, NaN included.
    """


class TargetError(TinygradKrError, IndexError, RuntimeError, ValueError):
    """정답 레이블이 범위를 벗어났다.

    A label outside the range of the classes.
    """


class StateDictError(TinygradKrError, RuntimeError, KeyError, ValueError):
    """state_dict의 이름이나 형상이 맞지 않는다.

    A state dict with missing or unexpected names, or with shapes that do not fit.
    """


class ModuleError(TinygradKrError, AttributeError, KeyError, TypeError):
    """모듈에 없는 이름을 찾았거나 등록할 수 없는 것을 넣었다.

    A name that a module does not have, or an attribute that it cannot register.
    """


class FileFormatError(TinygradKrError, RuntimeError, ValueError):
    """파일이 잘렸거나 형식이 맞지 않는다.

    A file that is truncated, corrupt, hostile or of another format.
    """


class DataNotFoundError(TinygradKrError, RuntimeError, FileNotFoundError):
    """데이터 파일이 없다.

    Data files that are not there; the message says where to put them.
    """


class DeviceError(TinygradKrError, RuntimeError, AssertionError):
    """CPU가 아닌 장치를 요구했다.

    A device other than the CPU was asked for.
    """


class WorkerTimeoutError(TinygradKrError, RuntimeError, TimeoutError):
    """DataLoader의 작업자가 제때 답하지 않았다.

    A loader's worker that did not answer in time.
    """


class MissingExtraError(TinygradKrError, ImportError):
    """선택 설치(extra)가 필요하다.

    An optional dependency is missing; the message names the extra that brings it.
    """


class MissingKeyError(TinygradKrError, KeyError, ValueError):
    """사전(dict)에 있어야 할 이름이 없다.

    A dict that lacks a name that another one has.
    """


class MissingNameError(TinygradKrError, AttributeError):
    """그런 이름이 없다.

    A name that a module or a tensor does not have.
    """


class UndefinedError(TinygradKrError, NotImplementedError):
    """정의되지 않은 것을 물었다.

    What is not defined for this object, such as the quantiles of a coin.
    """


class NameTakenError(TinygradKrError, ImportError):
    """다른 모듈이 이미 쓰는 이름이다.

    A name of a module that another module already has.
    """
