"""Login and authentication as Moodle does them. Moodle: mod/lti/launch.php, mod/lti/auth.php."""

import json
from collections.abc import Mapping
from typing import NoReturn

from lti_tool.sandbox.login import FormError, Login, PageError, RepostFirst
from lti_tool.sandbox.platform import Launch


class MoodleLogin(Login):
    def message_hint(self, launch: Launch) -> str:
        """A JSON text, to be echoed byte for byte."""
        if launch.choice is not None:
            name = f"ltilaunch_ContentItemSelectionRequest{int(launch.id[:8], 16)}"
            return json.dumps({"launchid": name}, separators=(",", ":"))
        hint = {"cmid": launch.activity.number, "launchid": self._launch_id(launch)}
        return json.dumps(hint, separators=(",", ":"))

    def storage_target(self) -> str:
        """Moodle has no storage to offer."""
        return ""

    def _launch_id(self, launch: Launch) -> str:
        return f"ltilaunch{launch.activity.number - 100}_{int(launch.id[:8], 16)}"

    def authorize(self, params: Mapping[str, str], session: str = "") -> dict[str, str]:
        """Without the cookie, one repost; a tool that sends `repost` itself gets no second try.

        The cookie is SameSite=Lax since MDL-83526.
        """
        if not session and "repost" not in params:
            raise RepostFirst
        return super().authorize(params, session)

    def check(self, params: Mapping[str, str]) -> None:
        """`prompt` may be absent; everything else that is wrong is posted back as an error."""
        if any(not params.get(name) for name in ("nonce", "login_hint", "client_id")):
            raise FormError("invalid_request", "A parameter is missing")
        if params.get("scope") != "openid":
            raise FormError("invalid_scope", "scope must be openid")
        if params.get("response_type") != "id_token":
            raise FormError("unsupported_response_type", "response_type must be id_token")
        if not self.knows(params["client_id"]):
            raise FormError("unauthorized_client", "Unauthorized client")
        if params.get("response_mode") != "form_post":
            raise FormError("invalid_request", "Missing or invalid response_mode")
        if params.get("prompt", "none") != "none":
            raise FormError("invalid_request", "Invalid prompt")

    def launch_of(self, params: Mapping[str, str], session: str) -> Launch:
        """The launch id lives once, in the session of the browser that began it."""
        hint = params.get("lti_message_hint", "")
        for launch in list(self.platform.launches.values()):
            if launch.session == session and self.message_hint(launch) == hint:
                break
        else:
            self.refuse_used()
        if params["login_hint"] != self.people.login_hint(launch.person):
            raise FormError("access_denied", "login_hint is not the signed-in user")
        return launch

    def refuse_used(self) -> NoReturn:
        raise PageError(404, "Invalid request")
