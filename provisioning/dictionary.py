"""The compression dictionary of records, trained on people and cases that were made up.

A dictionary is published with every release, so nothing real may ever go into it: the samples are the synthetic events
of `protocol.office`, drawn from a fixed seed. The same seed gives the same samples, the same dictionary and the same
module, byte for byte; `mulhaqa-provision dictionary --check` shows that nobody edited it.
"""

from __future__ import annotations

from pathlib import Path

from protocol.office import synthetic
from protocol.records.encoding import encode
from protocol.records.training import dictionary_module, train

NUMBER = 1
MODULE = Path(__file__).resolve().parents[1] / "protocol" / "records" / "dictionaries" / f"v{NUMBER}.py"
SEED = 2026
SAMPLES = 4000  # some 800 kB, fifty times the dictionary: beyond that it gets no better on events it has not seen


def module_text() -> str:
    """Train the dictionary and render the module that carries it."""
    return dictionary_module(NUMBER, train([encode(event) for event in synthetic.samples(SEED, SAMPLES)]))
