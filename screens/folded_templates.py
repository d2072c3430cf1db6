"""Templates whose constant sentences and parts are made when they are compiled, and not for each reader.

Each language has an environment of its own, so `_("Sign out")` is as constant as the text around it, and so is
`icon("home")`. What a page pays for otherwise is a call, a Markup object and an escape for each of its dozens of labels
and pictures. Sentences with facts in them, and what comes from a variable, are made as ever.

Nothing that all templates know changes once they serve, so each is found in one step, and has the environment's own
globals instead of a chain of its own before them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup


class FoldedEnvironment(Environment):
    """A Jinja environment of one language, both set before a template is loaded.

    `gettext` says a constant msgid in it. `constant`: globals whose result follows from their arguments alone. `facts`:
    globals whose attributes that are texts never change, as the language's own code.
    """

    gettext: Callable[[str], str]
    constant: Mapping[str, Callable[..., str]] = MappingProxyType({})
    facts: Mapping[str, object] = MappingProxyType({})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As Environment's own."""
        super().__init__(*args, **kwargs)
        self._found: dict[str, Template] = {}

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - jinja2's own name of it
    ) -> Template:
        """Return the template of this name; raises TemplateNotFound."""
        if isinstance(name, Template) or globals:
            return super().get_template(name, parent, globals)
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = super().get_template(name, parent)
        return found

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what a template knows: the environment's own globals, unless it is given some besides."""
        return super().make_globals(d) if d else self.globals

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        """Compile a template, what is constant in it made already."""
        _Folder(self.gettext, self.constant, self.facts).visit(source)
        return super()._generate(source, name, filename, defer_init)


def saying(gettext: Callable[[str], str]) -> Callable[..., Markup]:
    """Return `_` for sentences that a variable holds, or that hold facts: as jinja2's newstyle gettext says them."""

    def say(sentence: str, /, **facts: object) -> Markup:
        said = Markup(gettext(sentence))  # noqa: S704 - a sentence of our own catalogue; facts are escaped
        return said % facts if facts or "%" in said else said

    return say


class _Folder(NodeTransformer):
    """Puts the translation in the place of each `_("constant")`, its result in that of each constant call, and a fact
    where it is named."""

    def __init__(
        self, gettext: Callable[[str], str], constant: Mapping[str, Callable[..., str]], facts: Mapping[str, object]
    ) -> None:
        self._gettext = gettext
        self._constant = constant
        self._facts = facts

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - the visitor's way of naming
        self.generic_visit(node)
        if isinstance(node.node, nodes.Name) and node.node.name in self._facts:
            fact = getattr(self._facts[node.node.name], node.attr, None)
            if isinstance(fact, str):
                return nodes.Const(fact, lineno=node.lineno)
        return node

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
