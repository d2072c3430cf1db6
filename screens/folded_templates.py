"""Templates whose constant sentences are translated when they are compiled, and not for each reader.

Each language has an environment of its own, so `_("Sign out")` is as constant as the text around it. What a page pays
for otherwise is a call into gettext, a Markup object and an escape for each of its dozens of labels.
Sentences with facts in them, or that come from a variable, are translated as ever.
"""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer


class FoldedEnvironment(Environment):
    """A Jinja environment of one language; `gettext` says a constant msgid in it, set before a template is loaded."""

    gettext: Callable[[str], str]

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        """Compile a template, its constant sentences said already."""
        _Translator(self.gettext).visit(source)
        return super()._generate(source, name, filename, defer_init)


class _Translator(NodeTransformer):
    """Puts the translation in the place of each `_("constant")`."""

    def __init__(self, gettext: Callable[[str], str]) -> None:
        self._gettext = gettext

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's way of naming
        self.generic_visit(node)
        match node:
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=str(text))], kwargs=[]):
                said = self._gettext(text) % {}  # newstyle gettext formats every sentence: "%%" is a percent sign
                return nodes.MarkSafe(nodes.Const(said, lineno=node.lineno), lineno=node.lineno)
        return node
