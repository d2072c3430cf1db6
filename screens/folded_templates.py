"""Templates whose constant sentences and parts are made when they are compiled, and not for each reader.

Each language has an environment of its own, so `_("Sign out")` is as constant as the text around it, and so is
`icon("home")`. What a page pays for otherwise is a call, a Markup object and an escape for each of its dozens of labels
and pictures. Sentences with facts in them, and what comes from a variable, are made as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup


class FoldedEnvironment(Environment):
    """A Jinja environment of one language, both set before a template is loaded.

    `gettext` says a constant msgid in it. `constant`: globals whose result follows from their arguments alone.
    """

    gettext: Callable[[str], str]
    constant: Mapping[str, Callable[..., str]] = MappingProxyType({})

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        """Compile a template, what is constant in it made already."""
        _Folder(self.gettext, self.constant).visit(source)
        return super()._generate(source, name, filename, defer_init)


class _Folder(NodeTransformer):
    """Puts the translation in the place of each `_("constant")`, and its result in that of each constant call."""

    def __init__(self, gettext: Callable[[str], str], constant: Mapping[str, Callable[..., str]]) -> None:
        self._gettext = gettext
        self._constant = constant

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's way of naming
        self.generic_visit(node)
        match node:
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=str(text))], kwargs=[]):
                said = self._gettext(text) % {}  # newstyle gettext formats every sentence: "%%" is a percent sign
                return nodes.MarkSafe(nodes.Const(said, lineno=node.lineno), lineno=node.lineno)
            case nodes.Call(node=nodes.Name(name=name), dyn_args=None, dyn_kwargs=None) if name in self._constant:
                return self._made(node, self._constant[name])
        return node

    def _made(self, node: nodes.Call, make: Callable[..., str]) -> nodes.Node:
        try:
            given = [one.as_const() for one in node.args]
            named = {one.key: one.value.as_const() for one in node.kwargs}
        except nodes.Impossible:
            return node
        made = make(*given, **named)
        constant = nodes.Const(str(made), lineno=node.lineno)
        return nodes.MarkSafe(constant, lineno=node.lineno) if isinstance(made, Markup) else constant
