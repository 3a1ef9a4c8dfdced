"""The guarded client: where it goes, how long it waits, how much it takes, what it lets out."""

import gzip
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from lti_tool.domain.errors import AddressRefused, PlatformAnswerWrong, PlatformUnreachable
from lti_tool.lms.addresses import Guard, is_public
from lti_tool.lms.http import Answer, Http
from lti_tool.settings import Settings, load_settings
from tests.conftest import SECRET
from tests.platform_stub import PlatformStub, Reply


@pytest.fixture
def settings() -> Settings:
    """No database takes part here."""
    return load_settings(
        {
            "ROUNDS_SECRET_KEY": SECRET,
            "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8",
            "ROUNDS_HTTP_CONNECT_SECONDS": "3",
            "ROUNDS_HTTP_READ_SECONDS": "4",
        }
    )


@pytest.fixture
def http(settings: Settings) -> Iterator[Http]:
    client = Http(settings)
    yield client
    client.session.close()


@pytest.fixture
def hasty(settings: Settings) -> Iterator[Http]:
    """One that waits no longer than it takes a busy machine to answer at all."""
    client = Http(settings, read_seconds=1)
    yield client
    client.session.close()


# -- Answers ---------------------------------------------------------------------------------------


def test_a_document_comes_with_its_headers(http: Http, stub: PlatformStub) -> None:
    url = stub.answers("/a", Reply({"x": 1}, headers={"Cache-Control": "max-age=5"}))
    answer = http.get_json(url)
    assert answer.document == {"x": 1}
    assert answer.headers["cache-control"] == "max-age=5"


def test_we_say_who_we_are_and_keep_no_cookie(http: Http, stub: PlatformStub) -> None:
    url = stub.answers("/a", Reply({}, headers={"Set-Cookie": "a=b; Path=/"}))
    http.get_json(url)
    http.get_json(url)
    asked = stub.asked[1].headers
    assert asked["User-Agent"].startswith("Rounds/")
    assert "Cookie" not in asked


def test_a_body_is_put_in_place_of_what_is_there(http: Http, stub: PlatformStub) -> None:
    answer = http.put(stub.answers("/a", {"y": 2}), '{"x": 1}', {"Content-Type": "text/json"})
    asked = stub.asked[0]
    assert (asked.method, asked.document, asked.headers["Content-Type"]) == (
        "PUT",
        {"x": 1},
        "text/json",
    )
    assert answer.document == {"y": 2}


def test_a_connection_is_used_again(http: Http, stub: PlatformStub) -> None:
    url = stub.answers("/a", {})
    for _ in range(3):
        http.get_json(url)
    assert stub.connections == 1


def test_the_proxies_and_passwords_of_the_environment_are_not_used(
    http: Http, stub: PlatformStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert http.get_json(stub.answers("/a", {})).status == 200


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"\xff\xfe\xfa"])
def test_what_is_not_json_is_refused_without_repeating_it(
    http: Http, stub: PlatformStub, body: bytes
) -> None:
    with pytest.raises(PlatformAnswerWrong) as caught:
        http.get_json(stub.answers("/a", Reply(body)))
    assert str(caught.value) == "the answer is not JSON"


@pytest.mark.parametrize("status", [201, 301, 404, 500])
def test_only_200_is_a_document(http: Http, stub: PlatformStub, status: int) -> None:
    with pytest.raises(PlatformAnswerWrong):
        http.get_json(stub.answers("/a", Reply({}, status)))


def test_an_answer_shows_nobody_its_body(http: Http, stub: PlatformStub) -> None:
    answer = http.get(stub.answers("/a?secret=1", {}).replace("/a", "/b"))
    assert "secret" not in repr(answer)


def test_no_redirect_is_followed(http: Http, stub: PlatformStub) -> None:
    url = stub.answers("/a", Reply(status=302, headers={"Location": stub.url("/b")}))
    assert http.get(url, {"Authorization": "Bearer t"}).status == 302
    assert stub.asked_for("/b") == []


@pytest.mark.parametrize("location", ["http://[", "//", "/\xff", "file:///etc/passwd", "\\"])
def test_where_a_redirect_leads_is_not_even_looked_at(
    location: str, http: Http, stub: PlatformStub
) -> None:
    answer = http.get(stub.answers("/a", Reply(b"x", 302, headers={"Location": location})))
    assert (answer.status, answer.body, answer.whole) == (302, b"x", True)


@pytest.mark.parametrize(
    ("status", "body", "page"),
    [
        (200, b"\n <html>Sign in", True),
        (404, b"<!DOCTYPE html>", True),
        (302, b"<html>Found", False),
        (200, b"{}", False),
    ],
)
def test_a_page_in_place_of_an_answer_is_known_by_its_body(
    status: int, body: bytes, page: bool, http: Http, stub: PlatformStub
) -> None:
    assert http.get(stub.answers("/a", Reply(body, status))).is_page == page


# -- Limits ----------------------------------------------------------------------------------------


def test_a_body_too_large_is_left_unread(settings: Settings, stub: PlatformStub) -> None:
    http = Http(replace(settings, http_bytes=10_000))
    answer = http.get(stub.answers("/a", b"x" * 1_000_000))
    assert (answer.status, answer.whole, len(answer.body)) == (200, False, 10_000)
    with pytest.raises(PlatformAnswerWrong):
        _ = answer.document


@pytest.mark.parametrize("status", [200, 302, 307, 404])
def test_a_small_body_that_unpacks_to_a_large_one_is_too_large(
    status: int, settings: Settings, stub: PlatformStub
) -> None:
    http = Http(replace(settings, http_bytes=10_000))
    headers = {"Content-Encoding": "gzip", "Location": "/b"}
    packed = Reply(gzip.compress(b"x" * 10_000_000), status, headers)
    answer = http.get(stub.answers("/a", packed))
    assert (len(answer.body), answer.whole) == (10_000, False)


def test_a_body_that_breaks_off_keeps_its_status(http: Http, stub: PlatformStub) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    answer = http.get(stub.answers("/a", Reply(raw=half)))
    assert (answer.status, answer.whole, answer.body) == (200, False, b"half")


def test_a_body_that_drips_ends_at_the_deadline(hasty: Http, stub: PlatformStub) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(40):
            try:
                handler.wfile.write(b".")
            except OSError:
                return
            time.sleep(0.05)

    answer = hasty.get(stub.answers("/a", Reply(raw=drip)))
    assert not answer.whole
    assert len(answer.body) < 40


def test_the_body_is_waited_for_once_however_it_comes(
    hasty: Http, http: Http, stub: PlatformStub
) -> None:
    """Headers and body share one deadline, and a connection that was used before has a new one."""

    def late(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        time.sleep(0.6)
        handler.wfile.write(b"Content-Length: 4\r\n\r\nha")
        time.sleep(0.6)
        handler.wfile.write(b"lf")

    url = stub.answers("/a", Reply({}), Reply({}), Reply(raw=late))
    for _ in range(2):
        assert hasty.get(url).whole
    assert not hasty.get(url).whole
    assert http.get(url).body == b"half"


# -- Nothing comes back ----------------------------------------------------------------------------


def test_silence_may_hide_that_it_arrived(hasty: Http, stub: PlatformStub) -> None:
    url = stub.answers("/a", Reply(raw=lambda handler: time.sleep(1.5)))
    with pytest.raises(PlatformUnreachable) as caught:
        hasty.post(url, b"x", {})
    assert caught.value.sent_maybe


def test_a_connection_that_breaks_may_hide_that_it_arrived(http: Http, stub: PlatformStub) -> None:
    url = stub.answers("/a", Reply(raw=lambda handler: None))
    with pytest.raises(PlatformUnreachable) as caught:
        http.post(url, b"x", {})
    assert caught.value.sent_maybe
    assert "/a" not in str(caught.value)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:{closed_port()}/",
        "https://no-such-host.example.org/",
        f"https://{'a' * 70}.example.org/",
    ],
    ids=["closed", "unknown", "too-long"],
)
def test_what_never_connects_was_never_sent(http: Http, url: str) -> None:
    with pytest.raises(PlatformUnreachable) as caught:
        http.post(url, b"x", {})
    assert not caught.value.sent_maybe


def test_no_certificate_to_trust_means_never_sent(http: Http, stub: PlatformStub) -> None:
    with pytest.raises(PlatformUnreachable) as caught:
        http.post(stub.url("/a").replace("http:", "https:"), b"x", {})
    assert not caught.value.sent_maybe
    assert stub.asked == []


# -- Whom it trusts --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a hospital's own authority (ca.pem), and keys and certificates by it for
    localhost: one that is good (server.pem), and one of yesterday (expired.pem).
    """
    folder = tmp_path_factory.mktemp("authority")
    ca, ca_key = _certificate("Hospital", None)
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    for file, ago in (("server.pem", timedelta()), ("expired.pem", timedelta(days=1))):
        server, key = _certificate("localhost", (ca, ca_key), ago)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / file).write_bytes(private + server.public_bytes(Encoding.PEM))
    return folder


def _certificate(
    name: str,
    signer: tuple[x509.Certificate, RSAPrivateKey] | None,
    ago: timedelta = timedelta(),
) -> tuple[x509.Certificate, RSAPrivateKey]:
    """A certificate of that name for two hours, by the signer, else by itself as an authority."""
    key = generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC) - ago
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0].subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(signer[1] if signer else key, SHA256())
    )
    return made, key


def test_a_hospitals_own_authority_is_trusted_where_it_is_named(
    settings: Settings, authority: Path
) -> None:
    with PlatformStub(certificate=authority / "server.pem") as stub:
        url = stub.answers("/a", {}).replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(PlatformUnreachable) as caught:
            Http(settings).get(url)
        assert not caught.value.sent_maybe
        named = replace(settings, ca_bundle=authority / "ca.pem")
        assert Http(named).get_json(url).status == 200
        with pytest.raises(PlatformUnreachable):
            Http(named).get(url.replace("localhost", "127.0.0.1"))


def test_nothing_is_said_to_an_lms_whose_certificate_has_expired(
    settings: Settings, authority: Path
) -> None:
    with PlatformStub(certificate=authority / "expired.pem") as stub:
        url = stub.answers("/a", {}).replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(PlatformUnreachable) as caught:
            Http(replace(settings, ca_bundle=authority / "ca.pem")).post(url, b"x", {})
        assert not caught.value.sent_maybe
        assert stub.asked == []


# -- Where it goes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "ftp://lms.example.org/",
        "file:///etc/passwd",
        "//lms.example.org/",
        "https://",
        "https://user@lms.example.org/",
        "https://lms.example.org:0/",
        "https://lms.example.org:99999/",
        "https://[::1/",
        "https:/\\lms.example.org/",
        "http://a b/",
    ],
)
def test_what_is_no_address_is_refused(http: Http, url: str) -> None:
    with pytest.raises(AddressRefused):
        http.get(url)


LOOPBACK = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]


@pytest.mark.parametrize("host", LOOPBACK)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_without_leave_nothing_inside_is_called(
    settings: Settings, stub: PlatformStub, scheme: str, host: str
) -> None:
    http = Http(replace(settings, private_platforms=()))
    with pytest.raises(AddressRefused):
        http.get(f"{scheme}://{host}:{stub.port}/a")
    assert stub.connections == 0


def test_a_name_leads_to_the_address_that_is_allowed(http: Http, stub: PlatformStub) -> None:
    stub.answers("/a", {})
    answer = http.get_json(f"http://localhost:{stub.port}/a")
    assert answer.status == 200
    assert stub.asked[0].headers["Host"] == f"localhost:{stub.port}"


def test_other_private_networks_stay_closed(settings: Settings) -> None:
    http = Http(replace(settings, private_platforms=(ip_network("127.0.0.0/8"),)))
    for url in ("https://10.0.0.1/", "https://169.254.169.254/", "https://[fd00::1]/"):
        with pytest.raises(AddressRefused):
            http.get(url)


def test_plain_http_goes_to_named_networks_only(http: Http) -> None:
    with pytest.raises(AddressRefused):
        http.get("http://93.184.215.14/")


def test_plain_http_goes_out_only_where_the_answers_are_signed_themselves() -> None:
    for plain in (False, True):
        guard = Guard((), plain=plain)
        assert guard.allows(ip_address("93.184.215.14"), encrypted=False) is plain
        for encrypted in (False, True):
            assert not guard.allows(ip_address("10.0.0.1"), encrypted=encrypted)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::5db8:d70e", True),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("64:ff9b:1::a00:1", False),
        ("::10.0.0.1", False),
        ("::ffff:0:10.0.0.1", False),
        ("2001:0:a00:1::", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


# -- Headers ---------------------------------------------------------------------------------------


def answer(**headers: str) -> Answer:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(200, found, b"", True, "https://lms.example.org/roster?Page=1")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<https://lms.example.org/R?Page=B>; rel="next"', "https://lms.example.org/R?Page=B"),
        ('<https://x/1>; rel="first", <https://x/2>; rel="Next"', "https://x/2"),
        ("</roster?Page=2>; rel=next", "https://lms.example.org/roster?Page=2"),
        ('<https://x/1>; rel="prev"', None),
        ("", None),
    ],
)
def test_the_next_page_is_spelled_as_it_came(link: str, url: str | None) -> None:
    assert answer(Link=link).next_url == url


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "30"}, 30),
        ({"Retry_After": "9" * 30}, 86_400),
        ({"Retry_After": "-1"}, None),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "٣"}, None),
        ({}, None),
        (
            {
                "Date": "Wed, 21 Oct 2026 07:28:00 GMT",
                "Retry_After": "Wed, 21 Oct 2026 07:30:00 GMT",
            },
            120,
        ),
        (
            {
                "Date": "Wed, 21 Oct 2026 07:28:00 GMT",
                "Retry_After": "Wed, 21 Oct 2026 07:00:00 GMT",
            },
            0,
        ),
        ({"Retry_After": "Wed, 21 Oct 2026 07:30:00 GMT"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: int | None) -> None:
    assert answer(**headers).retry_after == seconds
