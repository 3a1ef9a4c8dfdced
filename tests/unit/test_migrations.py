"""Migrations: they make the very tables the code works with, and leave the engine's alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, make_url, select, text
from sqlalchemy.exc import IntegrityError

from lti_tool import jobs, migrations
from lti_tool.db import Base, make_engine
from lti_tool.domain.errors import SchemaOutdated
from lti_tool.models.course import Course


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = create_engine(request.getfixturevalue("postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE rounds_empty"))
        yield (
            make_url(server.url).set(database="rounds_empty").render_as_string(hide_password=False)
        )
        connection.execute(text("DROP DATABASE rounds_empty WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_url)
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables_of_the_models(empty_url: str, engine: Engine) -> None:
    jobs.upgrade_engine(empty_url)
    migrations.upgrade(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": migrations.is_ours}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_an_empty_database_is_told_from_a_migrated_one(empty_url: str, engine: Engine) -> None:
    with pytest.raises(SchemaOutdated, match="rounds upgrade"):
        migrations.check(engine)
    migrations.upgrade(empty_url)
    migrations.upgrade(empty_url)
    migrations.check(engine)


def test_a_database_of_a_later_version_is_refused(empty_url: str, engine: Engine) -> None:
    migrations.upgrade(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaOutdated, match="9999"):
        migrations.check(engine)


def test_rows_of_the_first_version_go_on(empty_url: str, engine: Engine) -> None:
    """0002: what is there keeps its values, its references, and gets what is new."""
    migrations.upgrade(empty_url, "0001")
    with engine.begin() as connection:
        for statement in FIRST_ROWS:
            connection.execute(text(statement))
    migrations.upgrade(empty_url)
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT * FROM activity ORDER BY id")).mappings().all()
        assert [row["resource_link_id"] for row in rows] == ["one", "two"]
        assert len({row["key"] for row in rows} - {None}) == 2
        assert not any(row["competency_columns"] or row["live_view"] for row in rows)
        column = connection.execute(text("SELECT * FROM grade_column")).mappings().one()
        assert (column["activity_id"], column["lineitem_url"]) == (2, "https://lms.test/9")
        history = connection.execute(select(Course.history)).scalar_one()
        assert history == []
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("DELETE FROM activity WHERE id = 2"))


FIRST_ROWS = (
    "INSERT INTO platform (id, issuer, client_id, name, product, auth_login_url, auth_token_url,"
    " jwks_url, created_at) VALUES (1, 'https://lms.test', 'c', 'LMS', 'other', 'https://lms.test/a',"
    " 'https://lms.test/t', 'https://lms.test/k', '2026-11-22')",
    "INSERT INTO deployment (id, platform_id, deployment_id, hosts, first_seen_at)"
    " VALUES (1, 1, 'd', '[]', '2026-11-22')",
    "INSERT INTO course (id, deployment_id, context_id, title, label, school, time_zone, scopes,"
    " created_at) VALUES (1, 1, 'x', 'X', '', '', 'UTC', '[]', '2026-11-22')",
    "INSERT INTO activity (id, course_id, resource_link_id, title, standard, mapping, send_when,"
    " created_at) VALUES (1, 1, 'one', 'One', '{}', 'table', 'as-scored', '2026-11-22')",
    "INSERT INTO activity (id, course_id, resource_link_id, title, standard, mapping, send_when,"
    " created_at) VALUES (2, 1, 'two', 'Two', '{}', 'table', 'as-scored', '2026-11-22')",
    "INSERT INTO grade_column (id, activity_id, competency_id, lineitem_url, maximum)"
    " VALUES (1, 2, '', 'https://lms.test/9', 100)",
)


def test_certificates_of_before_there_were_credentials_go_on(
    empty_url: str, engine: Engine
) -> None:
    """0007: they get the platform of their course, and of one intern's still one is valid."""
    migrations.upgrade(empty_url, "0001")
    with engine.begin() as connection:
        for statement in (*FIRST_ROWS, A_PERSON):
            connection.execute(text(statement))
        for code, state in (("A", "superseded"), ("B", "revoked"), ("C", "valid")):
            connection.execute(A_CERTIFICATE, {"code": code, "state": state})
        connection.execute(text(A_COPY))
    migrations.upgrade(empty_url)
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT * FROM certificate ORDER BY code")).mappings().all()
        assert [(row["state"], row["sha256"]) for row in rows] == [
            ("superseded", "5e"),
            ("revoked", "5e"),
            ("valid", "5e"),
        ]
        assert {(row["platform_id"], row["kind"], row["credential"]) for row in rows} == {
            (1, "certificate", None)
        }
        ended = text("UPDATE certificate SET state = 'revoked', reason = 'x' WHERE code = 'A'")
        connection.execute(ended)
    for second in ("UPDATE certificate SET state = 'valid' WHERE code = 'A'", "DELETE FROM person"):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(second))


A_PERSON = (
    "INSERT INTO person (id, platform_id, subject, name, created_at)"
    " VALUES (1, 1, 's', 'Amara', '2026-11-22')"
)
A_CERTIFICATE = text(
    "INSERT INTO certificate (activity_id, intern_id, state, reason, token, code, holder_key,"
    " design, facts, sha256, issued_at)"
    " VALUES (2, 1, :state, '', :code, :code, 'k', 'standard', '{}', '5e', '2026-11-22')"
)
A_COPY = (
    "INSERT INTO certificate_copy (token, certificate_id, expires_at)"
    " SELECT 't', id, '2026-11-29' FROM certificate WHERE code = 'C'"
)


def test_keys_of_before_any_could_be_revoked_are_good(empty_url: str, engine: Engine) -> None:
    """0010: nobody has said that one was stolen."""
    migrations.upgrade(empty_url, "0009")
    with engine.begin() as connection:
        connection.execute(A_KEY)
    migrations.upgrade(empty_url)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM issuer_key")).mappings().one()
    assert (row["kid"], row["revoked_at"], row["explanation"]) == ("k", None, "")


A_KEY = text(
    "INSERT INTO issuer_key (kid, signs, private, public, brought, created_at)"
    " VALUES ('k', 'document', '', '{}', FALSE, '2026-11-22')"
)


def test_every_constraint_has_a_name(empty_url: str, engine: Engine) -> None:
    migrations.upgrade(empty_url)
    with engine.connect() as connection:
        tables = inspect(connection)
        for table in Base.metadata.tables:
            assert tables.get_pk_constraint(table)["name"]
            assert all(key["name"] for key in tables.get_foreign_keys(table))
            assert all(one["name"] for one in tables.get_unique_constraints(table))
