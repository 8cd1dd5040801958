"""The gallery of the experiments of chapter 6: their order, their sections, their Korean."""

import re
from typing import Any

from docstrings import particles
from sphinx.application import Sphinx
from sphinx_gallery.backreferences import THUMBNAIL_PARENT_DIV, THUMBNAIL_PARENT_DIV_CLOSE

EXPERIMENTS = {
    "6.1 매개변수 갱신": """optimizer_paths gradient_field optimizer_race leaving_a_minimum
        adagrad_rmsprop batch_sizes adam_details schedules optimizers_mnist""",
    "6.2 가중치의 초깃값": "activations gradient_flow initial_values",
    "6.3 배치 정규화": "batch_norm batch_norm_gradient batch_norm_overfitting",
    "6.4 바른 학습을 위해": """overfitting weight_decay l1_l2 decoupled_decay dropout
        validation_split early_stopping""",
    "6.5 적절한 하이퍼파라미터 값 찾기": "hyperparameters",
}
ORDER = [f"ch06_{name}.py" for names in EXPERIMENTS.values() for name in names.split()]

KOREAN = {
    r"\*\*Total running time of the script:\*\* \((\d+) minutes +([\d.]+) seconds\)": (
        r"걸린 시간: \1분 \2초"
    ),
    ":ref:`Go to the end <": ":ref:`코드 내려받기 <",
    r"to download the full example code\.": "(맨 아래)",
    "Download Jupyter notebook:": "주피터 노트북:",
    "Download Python source code:": "파이썬 코드:",
    "Download zipped:": "묶음:",
}
PROSE = re.compile(r"(?:^ {0,3}\S.*\n?)+", re.MULTILINE)  # code is indented further
THUMBNAIL = re.compile(
    r"^\.\. raw:: html\n\n +<div class=.sphx-glr-thumbcontainer.*?</div>\n +</div>\n", re.M | re.S
)


def sections(index: str) -> str:
    """The thumbnails of the gallery's index, under the sections of the chapter."""
    head, toctree = index.split(THUMBNAIL_PARENT_DIV)[0], index[index.index(".. toctree::") :]
    parts = [head]
    for title, names in EXPERIMENTS.items():
        shown = [
            thumbnail
            for name in names.split()
            for thumbnail in THUMBNAIL.findall(index)
            if f"ch06_{name}`" in thumbnail
        ]
        if shown:
            parts += [title, "-" * 2 * len(title), THUMBNAIL_PARENT_DIV, *shown]
            parts += [THUMBNAIL_PARENT_DIV_CLOSE]
    return "\n".join([*parts, toctree])


def in_korean(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == "gallery/index":
        source[0] = sections(source[0])
    if docname.startswith("gallery/"):
        for english, korean in KOREAN.items():
            source[0] = re.sub(english, korean, source[0])
        source[0] = PROSE.sub(lambda prose: particles(prose[0]), source[0])


class Chapter:
    """The sort key of a file: its place in the chapter."""

    def __call__(self, name: str) -> int:
        return ORDER.index(name)

    def __repr__(self) -> str:
        return f"Chapter({ORDER})"


class Arguments:
    """What an experiment finds on its command line."""

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments

    def __call__(self, conf: Any, script: dict[str, Any]) -> list[str]:
        # sphinx-gallery has no __file__, which a script may find its data by.
        script["example_globals"]["__file__"] = script["src_file"]
        return self.arguments

    def __repr__(self) -> str:
        return f"Arguments({self.arguments})"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", in_korean)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
