"""What is remembered of documents, and what cannot be made to be remembered."""

import gc

import pytest

from server.app import executable_schema
from server.documents import LONG, MOST_LONG, Documents
from server.execution.plans import PlannedOperation, Plans
from server.policy import Policy

SCHEMA = executable_schema()
SHORT = "{ offices(first: 1) { totalCount } }"


@pytest.fixture
def documents() -> Documents:
    return Documents(SCHEMA, Policy(SCHEMA, page_size_max=100, cost_limit=10_000), Plans(SCHEMA))


def long(number: int) -> str:
    return f"{SHORT} # {number}".ljust(LONG + 1)


def test_a_document_is_parsed_once_also_a_long_one(documents: Documents) -> None:
    for text in (SHORT, long(0)):
        assert documents.read(text) is documents.read(text)


def test_nobodys_mistakes_make_a_document_be_forgotten(documents: Documents) -> None:
    known = documents.read(SHORT), documents.read(long(0))
    for number in range(1_100):
        assert documents.read(f"{{ # {number}").errors
    assert (documents.read(SHORT), documents.read(long(0))) == known


def test_plans_are_kept_no_longer_than_their_documents(documents: Documents) -> None:
    """A plan holds its document, which takes a hundred times the memory of its text."""

    def plans() -> int:
        gc.collect()
        return sum(isinstance(each, PlannedOperation) for each in gc.get_objects())

    before = plans()
    for number in range(2 * MOST_LONG):
        documents.choose(documents.read(long(number)), None)
    assert plans() - before == MOST_LONG
