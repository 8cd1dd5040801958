"""``.. family:: ops.reduction``: the names that a file of the package gives to its room, classes
with the members that ``:members:`` says.

Many operations are records, not functions, so autodoc would take them for data.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from docstrings import mend
from docutils import nodes
from docutils.parsers.rst import directives
from rooms import family
from sphinx.application import Sphinx
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.util.docutils import SphinxDirective

import tinygrad_kr


def signature_of(operation: Any, bound: bool = False) -> str:
    bare = inspect.signature(operation)
    empty = inspect.Parameter.empty
    parameters = [p.replace(annotation=empty) for p in bare.parameters.values()][bound:]
    return str(bare.replace(parameters=parameters, return_annotation=empty))


class Family(SphinxDirective):
    required_arguments = 1
    option_spec = {"members": directives.unchanged}  # noqa: RUF012 (of the classes)

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n".join(self.entries()))

    def entries(self) -> Iterator[str]:
        room = family(self.arguments[0])
        yield from (f".. currentmodule:: {room.name}", "")
        for name, thing in room.objects().items():
            if isinstance(thing, type):
                options = (f"   :{key}: {value}" for key, value in self.options.items())
                yield from (f".. autoclass:: {name}", *options, "")
            elif callable(thing):
                text = GoogleDocstring(mend(inspect.getdoc(thing) or ""), self.config)
                yield from (f".. py:function:: {name}{signature_of(thing)}", "")
                yield from (*(f"   {line}" for line in text.lines()), "")


# A method of a tensor


def operation_of(name: str) -> Any:
    """The operation of the name of a tensor's method; None of what is no such method."""
    method = name.removeprefix("tinygrad_kr.Tensor.")
    found = getattr(tinygrad_kr, method, None) if "." not in method else None
    return found if callable(found) and not isinstance(found, type) else None


def borrow_from_the_operation(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """A method that only names its operation says what the operation says first."""
    operation, method = operation_of(name), name.rpartition(".")[2]
    if operation is not None and (obj is operation or not any(lines)):
        first = (inspect.getdoc(operation) or "").split("\n")[0]
        lines[:] = [f"{first} :func:`tinygrad_kr.{method}`", ""]
    elif not any(lines) and operation_of(name.removesuffix("_")):
        lines[:] = [f":func:`tinygrad_kr.{method[:-1]}`, 제자리에서(in place).", ""]


def sign_in_place(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str, returned: str
) -> tuple[str, str] | None:
    """``hypot_`` takes what ``hypot`` takes."""
    operation = operation_of(name.removesuffix("_"))
    made_of_it = operation is not None and signature == "(*operands, **static)"
    return (signature_of(operation, bound=True), returned) if made_of_it else None


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("family", Family)
    app.connect("autodoc-process-docstring", borrow_from_the_operation)
    app.connect("autodoc-process-signature", sign_in_place)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
