"""What is said when a template is compiled is what would be said for each reader."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError
from markupsafe import Markup

from screens.folded_templates import FoldedEnvironment

WORDS = {
    "Sign out": "Se déconnecter",
    "100 %%": "100 %%",
    "<b>": "<b>&",
    "%(n)s left": "reste %(n)s",
    "key": "clé",
}
SOURCES = [
    '{{ _("Sign out") }}',
    '<a title="{{ _("Sign out") }}">',
    '{{ _("100 %%") }}',
    '{{ _("<b>") }}',
    '{{ _("unknown") }}',
    '{{ _("%(n)s left", n=3) }}',
    '{% macro m(label) %}[{{ label }}]{% endmacro %}{{ m(_("<b>")) }}',
    "{{ _(name) }}",
    '{{ _("Sign out") if name else _("<b>") }}',
    '{{ _("Sign out") ~ "<" }}',
    '{% set words = [_("Sign out"), _("<b>")] %}{{ words|join(", ") }}',
    "{% trans %}Sign out{% endtrans %}",
]


def said(environment: Environment) -> Environment:
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it at run time
        lambda text: WORDS.get(text, text), lambda one, many, n: one if n == 1 else many, newstyle=True
    )
    return environment


@pytest.mark.parametrize("source", SOURCES)
def test_a_constant_sentence_reads_the_same_as_one_translated_late(source: str) -> None:
    loader = DictLoader({"page": source})
    folded = FoldedEnvironment(
        loader=loader, autoescape=True, extensions=["jinja2.ext.i18n"], undefined=StrictUndefined
    )
    folded.gettext = lambda text: WORDS.get(text, text)
    late = Environment(loader=loader, autoescape=True, extensions=["jinja2.ext.i18n"], undefined=StrictUndefined)
    pages = [said(environment).get_template("page").render(name="key") for environment in (folded, late)]
    assert pages[0] == pages[1]


def test_a_constant_sentence_is_not_translated_again() -> None:
    asked: list[str] = []
    environment = FoldedEnvironment(loader=DictLoader({"page": '{{ _("Sign out") }}'}), autoescape=True)
    environment.gettext = lambda text: asked.append(text) or text  # type: ignore[func-returns-value]  # notes it
    for _ in range(3):
        assert environment.get_template("page").render() == "Sign out"
    assert asked == ["Sign out"]


def test_an_unknown_name_is_still_an_error() -> None:
    environment = FoldedEnvironment(
        loader=DictLoader({"page": "{{ nobody }}"}), autoescape=True, undefined=StrictUndefined
    )
    environment.gettext = str
    with pytest.raises(UndefinedError):
        environment.get_template("page").render()


def test_a_part_that_follows_from_its_arguments_is_made_once() -> None:
    made: list[str] = []

    def picture(name: str, *, flip: bool = False) -> Markup:
        made.append(name)
        return Markup("<svg id={}{}>").format(name, " flip" if flip else "")

    sources = {
        "page": "{{ picture('home') }}{{ picture('next', flip=True) }}{{ picture(name) }}",
        "plain": "{{ name }}",
    }
    environment = FoldedEnvironment(loader=DictLoader(sources), autoescape=True)
    environment.gettext = str
    environment.constant = {"picture": picture}
    environment.globals.update(environment.constant)
    for _ in range(2):
        page = environment.get_template("page").render(name="<b>")
        assert page == "<svg id=home><svg id=next flip><svg id=&lt;b&gt;>"
    assert made == ["home", "next", "<b>", "<b>"]
