"""The reference of the names that a file gives to its room, and of a tensor's rarer methods.

``.. family:: ops.reduction``, ``.. family:: nn.more.loss``, ``.. methods:: PointwiseMethods``.
Many operations are records, not functions, so autodoc would take them for data.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from docstrings import mend
from docutils import nodes
from rooms import family
from sphinx.application import Sphinx
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.util.docutils import SphinxDirective

from tinygrad_kr import ops
from tinygrad_kr.methods import more


def signature_of(operation: Any, bound: bool = False) -> str:
    bare = inspect.signature(operation)
    empty = inspect.Parameter.empty
    parameters = [p.replace(annotation=empty) for p in bare.parameters.values()][bound:]
    return str(bare.replace(parameters=parameters, return_annotation=empty))


class Entries(SphinxDirective):
    required_arguments = 1

    def entry(self, head: str, doc: str, options: list[str]) -> Iterator[str]:
        text = GoogleDocstring(mend(doc), self.config)
        yield from (f".. {head}", *(f"   {option}" for option in options), "")
        yield from (*(f"   {line}" for line in text.lines()), "")


class Family(Entries):
    def run(self) -> list[nodes.Node]:
        found = family(self.arguments[0])
        lines = [f".. currentmodule:: {found.room}", ""]
        for name, thing in found.objects().items():
            if not callable(thing):
                continue
            own = getattr(thing, "__name__", name)
            if own != name and own in vars(inspect.getmodule(type(thing)) or object):
                own = name
            if isinstance(thing, type):
                lines += [f".. autoclass:: {name}", ""]
            else:
                doc = inspect.getdoc(thing) or ""
                lines += self.entry(f"py:function:: {name}{signature_of(thing)}", doc, [])
        return self.parse_text_to_nodes("\n".join(lines))


class Methods(Entries):
    def run(self) -> list[nodes.Node]:
        lines: list[str] = []
        for name, thing in vars(getattr(more, self.arguments[0])).items():
            if name.startswith("_"):
                continue
            doc = inspect.getdoc(thing) or ""
            if isinstance(thing, property):
                head = f"py:attribute:: Tensor.{name}"
            else:
                head = f"py:method:: Tensor.{name}{signature_of(thing, bound=True)}"
                if getattr(ops, name, None) is not None and thing is not None:
                    doc = doc
            lines += self.entry(head, doc, [":module: tinygrad_kr"])
        return self.parse_text_to_nodes("\n".join(lines))
