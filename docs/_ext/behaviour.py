"""What Sphinx needs in order to show how isoill behaves: its rules that are data, and the long class of transactions.

``.. relay-table:: FROM_REQUESTER`` and ``FROM_RESPONDER`` are the rules of `isoill.intermediary`,
``.. problem-table::`` is `isoill.problems.GENERAL_PROBLEMS`, ``.. service-table::`` is `isoill.acting.SERVICES`.
``.. members:: isoill.Transaction isoill.facts.Facts`` documents as members of the first class what the second, from
which it inherits, declares: so a page can have them in sections.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from isoill.acting import OPTIONS, SERVICES, Service
from isoill.intermediary import FROM_REQUESTER, FROM_RESPONDER, Relay
from isoill.problems import GENERAL_PROBLEMS
from isoill.services import Event
from isoill.types import GeneralProblem

K = TypeVar("K", bound=Enum)
V = TypeVar("V", bound=Enum)

RELAYS: Mapping[str, Mapping[Event, Relay]] = {"FROM_REQUESTER": FROM_REQUESTER, "FROM_RESPONDER": FROM_RESPONDER}


def grouped(rules: Mapping[K, V], values: type[V]) -> dict[V, list[K]]:
    """The keys that have the same value; values in the order of their enumeration, keys as the rules have them."""
    found = {value: [key for key in rules if rules[key] is value] for value in values}
    return {value: keys for value, keys in found.items() if keys}


def member_lines(public: str, cls: type[Any]) -> Iterator[str]:
    """What documents the public names that a class declares, in its order, as those of another."""
    for name, value in vars(cls).items():
        if name.startswith("_"):
            continue
        if isinstance(value, property):
            yield f".. autoproperty:: {public}.{name}"
        elif inspect.isfunction(value) or isinstance(value, classmethod | staticmethod):
            yield f".. automethod:: {public}.{name}"


def _table(widths: str, *rows: tuple[str, str]) -> str:
    """A table of two columns, the first row its heading."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for first, second in rows:
        lines += [f"   * - {first}", f"     - {second}"]
    return "\n".join(lines)


class RelayTable(SphinxDirective):
    """The rules of what becomes of a message, from `isoill.intermediary`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        rules = RELAYS.get(self.arguments[0])
        if rules is None:
            raise self.error(f"expected {' or '.join(RELAYS)}, found {self.arguments[0]}")
        rows = [(", ".join(events), relay.value) for relay, events in grouped(rules, Relay).items()]
        return self.parse_text_to_nodes(_table("55 45", ("What comes", "The intermediary"), *rows))


class ProblemTable(SphinxDirective):
    """Which problem answers which reasons, from `isoill.problems`."""

    def run(self) -> list[nodes.Node]:
        found = grouped(GENERAL_PROBLEMS, GeneralProblem)
        rows = [
            (", ".join(f"``{reason.name}``" for reason in reasons), problem.asn1_name)
            for problem, reasons in found.items()
        ]
        return self.parse_text_to_nodes(_table("70 30", ("Reason", "general-problem"), *rows))


class ServiceTable(SphinxDirective):
    """What a person can do in a transaction, from `isoill.acting`."""

    def run(self) -> list[nodes.Node]:
        rows = [(f"``{service.name}``", _said(service)) for service in SERVICES.values()]
        return self.parse_text_to_nodes(_table("26 74", ("Service", "What can be said of it"), *rows))


def _said(service: Service) -> str:
    """The answer and the options of a service."""
    said = ["``yes`` or ``no``"] if service.answers else []
    for index, name in enumerate(service.options):
        said.append(f"``{OPTIONS[name].flag}``{' (needed)' if index < service.needed else ''}")
    return ", ".join(said) or "nothing"


class Members(SphinxDirective):
    """The members of a class that it, or one of its bases, declares."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        public, declaring = self.arguments
        module, _, name = declaring.rpartition(".")
        cls = getattr(importlib.import_module(module), name)
        return self.parse_text_to_nodes("\n\n".join(member_lines(public, cls)))


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("relay-table", RelayTable)
    app.add_directive("problem-table", ProblemTable)
    app.add_directive("service-table", ServiceTable)
    app.add_directive("members", Members)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
