"""What fuzzing has found so far is tried again: every target on the corpus, on mutants of it, and beside libyaz."""

from random import Random

import pytest

from fuzz import dictionary, differential, mutate, seeds
from fuzz.targets import TARGETS
from fuzz.work import CORPUS, DICTIONARY, corpus
from tests.conftest import need
from tests.yaz import program


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_gives_documented_outcomes(name: str) -> None:
    files = sorted(corpus(name).iterdir())
    assert files
    for path in files:
        TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "from_json"])
def test_mutants_give_documented_outcomes(name: str) -> None:
    random, messages = Random(2026), seeds.messages()
    for _ in range(300):
        TARGETS[name](mutate.mutated(random.choice(messages), random))


def test_the_corpus_is_small() -> None:
    sizes = [path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()]
    assert len(sizes) <= 300
    assert sum(sizes) <= 100_000


def test_the_dictionary_is_that_of_the_declarations() -> None:
    assert DICTIONARY.read_text() == dictionary.text()


def test_what_is_written_after_parsing_is_what_was_parsed() -> None:
    for octets in seeds.messages():
        assert mutate.written(mutate.parsed(octets)) == octets


def test_differences_from_libyaz_are_explained() -> None:
    need(program(), "a C compiler or libyaz (Debian packages build-essential and libyaz-dev)")
    random, messages = Random(2026), seeds.messages()
    explained, unexplained, outcomes = differential.compare(
        [mutate.mutated(random.choice(messages), random) for _ in range(2_000)]
    )
    assert unexplained == []
    assert outcomes["both read the same"] > 100
    assert sum(explained.values()) > 50
