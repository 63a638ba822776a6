"""The rules that `check` proves, one module per pair of rooms; docs/contract-check.md has an example of each.

A rule is a function that yields flaws; its name with hyphens is the rule's name. It sees everything that was
read of a checkout, and says where the flaw is, what is wrong, and what to do about it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from server.contract.findings import Finding
from server.contract.resolving import Resolvers
from server.contract.statements import SourceStatement
from server.contract.tree import Place, Tree, place


@dataclass
class Checkout:
    """A checkout, read: its texts and database, and what its resolvers bind."""

    tree: Tree
    resolvers: Resolvers


class Flaw(NamedTuple):
    """A finding that does not know yet which rule it breaks."""

    place: Place
    message: str
    cure: str


# The rules about texts and database alone take a Tree; those about resolvers a Checkout.
TreeRule = Callable[[Tree], Iterator[Flaw]]
CheckoutRule = Callable[[Checkout], Iterator[Flaw]]


def name_of(rule: Callable[..., Any]) -> str:
    """`column_type` -> `column-type`."""
    return rule.__name__.replace("_", "-")


def findings(rule: Callable[[Any], Iterator[Flaw]], subject: Any) -> list[Finding]:
    """What a rule finds."""
    return [Finding(*flaw.place, name_of(rule), flaw.message, flaw.cure) for flaw in rule(subject)]


def at(element: Any, message: str, cure: str) -> Flaw:
    """A flaw of an element of the SDL."""
    return Flaw(place(element), message, cure)


def of(statement: SourceStatement, message: str, cure: str) -> Flaw:
    """A flaw of a statement."""
    return Flaw(Place(statement.path, statement.line), f"{statement.name}: {message}", cure)
