"""The compression dictionary of records, trained on people and cases that were made up.

A dictionary is published with every release, so nothing real may ever go into it: the samples are the synthetic events
of `protocol.office`, drawn from fixed seeds. The same seed gives the same samples, the same dictionary and the same
module, byte for byte; `mulhaqa-provision dictionary --check` shows that nobody edited it.
"""

from __future__ import annotations

from pathlib import Path

from protocol.office import forms_text, synthetic
from protocol.office.events import to_value
from protocol.records.encoding import encode
from protocol.records.training import dictionary_module, train

NUMBER = 2
MODULE = Path(__file__).resolve().parents[1] / "protocol" / "records" / "dictionaries" / f"v{NUMBER}.py"
SEED = 2026
FORMS_SEED = 2027
SAMPLES = 4000  # of each kind, some 3 MB in all: beyond that it gets no better on events it has not seen


def module_text() -> str:
    """Train the dictionary and render the module that carries it."""
    forms = [encode(to_value(event)) for event in forms_text.events(FORMS_SEED, SAMPLES)]
    return dictionary_module(NUMBER, train([*forms, *map(encode, synthetic.samples(SEED, SAMPLES))]))
