"""A running stack for journeys over HTTP, once on each database."""

import os
from collections.abc import Iterator

import pytest

from tests.stack import Stack, empty_database, running


@pytest.fixture(
    scope="package", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """One tool and one sandbox for all journeys on a database."""
    folder = tmp_path_factory.mktemp("stack")
    if request.param == "sqlite":
        with running(folder) as found:
            yield found
        return
    server = request.getfixturevalue("postgres")
    with (
        empty_database(server, f"rounds_journeys_{os.getpid()}") as url,
        running(folder, url) as found,
    ):
        yield found
