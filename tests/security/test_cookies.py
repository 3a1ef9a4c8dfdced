"""What cookies cost: many unfinished launches leave a browser that can still launch."""

from urllib.parse import parse_qsl, urlsplit

import requests
from requests.cookies import RequestsCookieJar

from tests.security.conftest import Workers
from tests.stand_in import TOP_LEVEL, StandIn

ABORTED = 60
MOST = 8190
"""Bytes of one header that gunicorn takes, and most proxies too."""


def brought(jar: RequestsCookieJar, path: str) -> str:
    """The Cookie header of a browser, which sends Secure cookies to loopback too."""
    return "; ".join(f"{one.name}={one.value}" for one in jar if path.startswith(one.path))


def test_sixty_aborted_logins_do_not_keep_a_browser_from_launching(
    workers: Workers, lms: StandIn
) -> None:
    """Over gunicorn, which refuses a header that is too large."""
    jar = RequestsCookieJar()
    with requests.Session() as connection:
        for _ in range(ABORTED):
            begun = connection.post(
                f"{workers.origin}/lti/login",
                data=lms.login_form(),
                headers={**TOP_LEVEL, "Cookie": brought(jar, "/lti/login")},
                allow_redirects=False,
                timeout=10,
            )
            assert begun.status_code == 302
            jar.update(begun.cookies)
        cookies = brought(jar, "/lti/launch")
        assert cookies.count("=") == ABORTED
        assert len(f"Cookie: {cookies}") < MOST / 2
        asked = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
        form = {"id_token": lms.sign(lms.claims(asked)), "state": asked["state"]}
        launched = connection.post(
            f"{workers.origin}/lti/launch",
            data=form,
            headers={"Cookie": cookies},
            allow_redirects=False,
            timeout=10,
        )
        assert launched.status_code == 303
        jar.update(launched.cookies)
        address = launched.headers["Location"]
        page = connection.get(
            workers.origin + address,
            headers={"Cookie": brought(jar, address)},
            allow_redirects=False,
            timeout=10,
        )
        assert page.status_code < 400
        assert brought(jar, address).count("=") == 1, "pages of a session get its cookie alone"
