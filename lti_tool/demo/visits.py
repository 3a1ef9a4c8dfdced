"""Opens an activity as someone from the sandbox, with real launches over HTTP."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

TIMEOUT = 20


@dataclass(frozen=True)
class Visits:
    """Launches from the sandbox whose pages are at `sandbox` into the tool at `tool`."""

    tool: str
    sandbox: str

    def registrations(self) -> dict[str, dict[str, Any]]:
        """Flavour → what `rounds platform add` needs to know of it."""
        found: dict[str, dict[str, Any]] = self._json("registrations.json")
        return found

    def people(self, flavour: str) -> dict[str, str]:
        """Key → name of everyone in a flavour."""
        found = self._json("directory.json")[flavour]["people"]
        return {key: person["name"] for key, person in found.items()}

    def open(self, flavour: str, person: str, activity: str) -> None:
        """Launch an activity as this person: login, signed token, and the post that ends it.

        Raises requests.HTTPError when the tool refuses.
        """
        about = self.registrations()[flavour]
        login = {
            "iss": about["issuer"],
            "client_id": about["client_id"],
            "lti_deployment_id": about["deployment_ids"][0],
            "login_hint": person,
            "target_link_uri": f"{self.tool}/lti/launch",
        }
        # A page of its own, as a browser says it: no frame, so no look for cookies first.
        headers = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
        answer = requests.get(
            f"{self.tool}/lti/login",
            params=login,
            headers=headers,
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        asked = parse_qs(urlsplit(answer.headers["Location"]).query)
        signed = requests.post(
            f"{self.sandbox}/control/{flavour}/sign",
            json={"person": person, "activity": activity, "nonce": asked["nonce"][0]},
            timeout=TIMEOUT,
        )
        signed.raise_for_status()
        form = {"id_token": signed.json()["id_token"], "state": asked["state"][0]}
        posted = requests.post(
            f"{self.tool}/lti/launch",
            data=form,
            headers=headers | {"Cookie": _cookies(answer)},
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        posted.raise_for_status()

    def _json(self, path: str) -> Any:
        answer = requests.get(f"{self.sandbox}/{path}", timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()


def _cookies(answer: requests.Response) -> str:
    """The cookies an answer set, for the next request: `Secure` is fine on loopback."""
    lines = answer.raw.headers.getlist("Set-Cookie")
    # The standard library knows no Partitioned before Python 3.14.
    jar = SimpleCookie("; ".join(line.split(";")[0] for line in lines))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
