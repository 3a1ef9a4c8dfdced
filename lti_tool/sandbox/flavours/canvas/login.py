"""Login and authentication as Canvas does them.

Canvas: app/models/lti/lti_advantage_adapter.rb and
app/controllers/lti/ims/authentication_controller.rb.
"""

from collections.abc import Mapping
from typing import NoReturn

import jwt

from lti_tool.sandbox.login import HINT_LIFETIME, FormError, Login, PageError
from lti_tool.sandbox.platform import Launch

STORAGE_TARGET = "post_message_forwarding"
REQUIRED = {
    "scope": "openid",
    "response_type": "id_token",
    "response_mode": "form_post",
    "prompt": "none",
}


class CanvasLogin(Login):
    def initiation(self, launch: Launch) -> dict[str, str]:
        """Nine fields, the deployment as `lti_deployment_id`."""
        return super().initiation(launch) | {
            "canvas_environment": "prod",
            "canvas_region": "not_configured",
        }

    def storage_target(self) -> str:
        """The frame beside the tool's; none in mobile webviews, the page itself in the editor."""
        switches = self.platform.switches
        if not switches.storage_target:
            return ""
        return "_parent" if switches.storage_parent else STORAGE_TARGET

    def message_hint(self, launch: Launch) -> str:
        """A token of Canvas's own, good for 5 minutes, to be echoed untouched."""
        claims = {
            "verifier": launch.id,
            "canvas_domain": self.platform.origins.pages.partition("://")[2],
            "context_type": "Course",
            "context_id": launch.course.number,
            "exp": int((launch.created + HINT_LIFETIME).timestamp()),
        }
        return jwt.encode(claims, self.platform.secret, "HS256")

    def check(self, params: Mapping[str, str]) -> None:
        for name, value in REQUIRED.items():
            if params.get(name) != value:
                raise FormError("invalid_request_object", f"The '{name}' must be '{value}'")
        for name in ("nonce", "login_hint", "lti_message_hint"):
            if not params.get(name):
                raise FormError("invalid_request_object", f"The '{name}' is missing")
        if not self.knows(params.get("client_id")):
            raise FormError("unauthorized_client", "Client not authorized in requested context")

    def launch_of(self, params: Mapping[str, str], session: str) -> Launch:
        """A hint that is not Canvas's own or too old is Canvas's own error page."""
        try:
            hint = jwt.decode(
                params["lti_message_hint"],
                self.platform.secret,
                algorithms=["HS256"],
                options={"verify_exp": False},
            )
        except jwt.PyJWTError as error:
            raise PageError(400, "Invalid lti_message_hint") from error
        if hint["exp"] < self.platform.now().timestamp():
            raise PageError(400, "Invalid lti_message_hint: it has expired")
        launch = self.platform.launches.get(hint["verifier"])
        if launch is None:
            self.refuse_used()
        if params["login_hint"] != self.people.login_hint(launch.person):
            raise FormError("login_required", "Must have an active user session")
        return launch

    def refuse_used(self) -> NoReturn:
        """Prepared launches are single use: reloading the frame ends here (canvas #2492)."""
        raise FormError(
            "launch_no_longer_valid",
            "The launch has either expired or already been consumed.",
        )
