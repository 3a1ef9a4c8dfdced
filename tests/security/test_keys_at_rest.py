"""Keys at rest (threat 14): a stolen database or log forges nothing, and keys can be changed."""

import json
import os
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from sqlalchemy import MetaData, select

from lti_tool.domain.issuer import Signs
from lti_tool.models.issuer import IssuerKey
from lti_tool.models.platform import AccessToken, SigningKey
from lti_tool.sealing import unseal
from tests.lms_walker import Browser
from tests.stack import SERVE_LOG, Stack, empty_database, running, until


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A tool that signed something, has tokens, and has changed its keys, on either database."""
    folder = tmp_path_factory.mktemp("at-rest")
    if request.param == "sqlite":
        with running(folder) as found:
            yield used(found)
        return
    name = f"rounds_at_rest_{os.getpid()}"
    with (
        empty_database(request.getfixturevalue("postgres"), name) as url,
        running(folder, url) as found,
    ):
        yield used(found)


def used(stack: Stack) -> Stack:
    """A launch whose roster is fetched with a token, a refused launch, and a rotation."""
    browser = Browser()
    assert stack.walker(browser).launch("canvas", "ingrid").status_code == 200
    browser.post(f"{stack.origin}/lti/launch", {"id_token": "a.b.c", "state": "x"})
    until(lambda: kept_tokens(stack))
    rotated = rounds(stack, "keys", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    with stack.rounds.work() as unit:
        for signs in Signs:
            unit.issuer_keys.rotate(signs)
    return stack


def rounds(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lti_tool.cli", *words]
    return subprocess.run(
        command, env=stack.environment, capture_output=True, text=True, check=False
    )


def kept_tokens(stack: Stack) -> list[bytes]:
    with stack.rounds.reading() as unit:
        sealed = unit.session.scalars(select(AccessToken.token)).all()
    return [unseal(stack.rounds.settings, one) for one in sealed if one]


def sealed_keys(stack: Stack) -> list[bytes]:
    with stack.rounds.reading() as unit:
        rows = [unit.session.scalars(select(kind.private)) for kind in (SigningKey, IssuerKey)]
        return [one for found in rows for one in found if one]


def private_keys(stack: Stack) -> list[bytes]:
    return [unseal(stack.rounds.settings, one) for one in sealed_keys(stack)]


def secrets_of(stack: Stack) -> list[bytes]:
    """Whatever would be of use to a thief: tokens, whole keys, and the numbers a key is made of."""
    found = kept_tokens(stack) + private_keys(stack)
    assert len(found) >= 3
    for der in private_keys(stack):
        key = load_der_private_key(der, password=None)
        if isinstance(key, EllipticCurvePrivateKey):
            numbers = [key.private_numbers().private_value]
        else:
            assert isinstance(key, RSAPrivateKey)
            of_rsa = key.private_numbers()
            numbers = [of_rsa.p, of_rsa.q, of_rsa.d]
        found += [number.to_bytes(256).lstrip(b"\0") for number in numbers]
    return [*found, stack.environment["ROUNDS_SECRET_KEY"].encode()]


def as_written(secret: bytes) -> list[bytes]:
    """The ways in which a secret may have been written down."""
    encoded = [b64encode(secret), urlsafe_b64encode(secret)]
    return [secret, secret.hex().encode(), *(one.rstrip(b"=") for one in encoded)]


def dump(stack: Stack) -> bytes:
    """Every value of every table, the engine's own included."""
    values: list[bytes] = []
    metadata = MetaData()
    schemas = (None, "dbos") if stack.rounds.engine.dialect.name == "postgresql" else (None,)
    with stack.rounds.engine.connect() as connection:
        for schema in schemas:
            metadata.reflect(connection, schema=schema)
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                values += [
                    one if isinstance(one, bytes) else json.dumps(one, default=str).encode()
                    for one in row
                ]
    assert len(values) > 500
    return b"\n".join(values)


def test_a_dump_of_the_database_holds_no_secret_in_clear(stack: Stack) -> None:
    found = dump(stack)
    assert b"BEGIN" not in found
    for secret in secrets_of(stack):
        assert not any(form in found for form in as_written(secret))


def test_the_dump_would_show_a_secret(stack: Stack) -> None:
    """Else the test above would find nothing for the wrong reason: what is sealed is in there."""
    sealed, found = sealed_keys(stack), dump(stack)
    assert len(sealed) == 4
    assert all(one in found for one in sealed)


def test_the_private_half_of_a_key_that_certificates_were_signed_with_is_forgotten(
    stack: Stack,
) -> None:
    with stack.rounds.reading() as unit:
        rows = unit.session.scalars(select(IssuerKey)).all()
    retired = [row.private for row in rows if row.retired_at is not None]
    assert retired == [b"", b""]
    assert len(rows) == 4


def test_the_file_of_the_database_holds_no_secret_in_clear(stack: Stack) -> None:
    """Also in what SQLite has not cleaned up."""
    files = Path(stack.environment["ROUNDS_DATA_DIR"]).glob("rounds.db*")
    content = b"".join(file.read_bytes() for file in files)
    for secret in secrets_of(stack):
        assert secret not in content


def test_the_logs_of_a_run_hold_no_secret(stack: Stack) -> None:
    log = Path(stack.environment["ROUNDS_DATA_DIR"], SERVE_LOG).read_bytes()
    assert b"launch" in log
    assert b"BEGIN" not in log
    for secret in secrets_of(stack):
        assert not any(form in log for form in as_written(secret))


def test_both_keys_verify_while_they_overlap(stack: Stack) -> None:
    listed = json.loads(rounds(stack, "keys", "list", "--json").stdout)
    answer = requests.get(f"{stack.origin}/lti/jwks.json", timeout=5)
    published = {key["kid"] for key in answer.json()["keys"]}
    assert published == {key["kid"] for key in listed}
    assert [key["signs"] for key in listed] == [False, True]
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_after_a_theft_only_a_new_key_is_left_and_every_lms_takes_it(stack: Stack) -> None:
    before = {key["kid"] for key in json.loads(rounds(stack, "keys", "list", "--json").stdout)}
    assert rounds(stack, "keys", "rotate", "--at-once").returncode == 0
    answer = requests.get(f"{stack.origin}/lti/jwks.json", timeout=5).json()
    [only] = [key["kid"] for key in answer["keys"]]
    assert only not in before
    told = json.loads(rounds(stack, "doctor", "--json").stdout)
    assert [one for one in told if one["verdict"] == "fault"] == []
    assert len([one for one in told if one["check"].endswith(", token")]) == 4
