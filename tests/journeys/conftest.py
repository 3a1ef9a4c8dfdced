"""A running stack for journeys over HTTP, once on each database."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.stack import Stack, running


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
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
    server, name = request.getfixturevalue("postgres"), f"rounds_journeys_{os.getpid()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        with running(folder, url) as found:
            yield found
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
