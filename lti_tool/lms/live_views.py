"""Live views: addresses of ours that an LMS's grader opens to see one intern's work as it is now.

The LMS keeps such an address with the student's work and launches it as whoever looks: a grader, or
the student. So it names activity and intern by keys, and says nothing of who may see them.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from lti_tool.lms.claims import Launch
from lti_tool.lms.deep_linking import KEY_IN_ADDRESS

INTERN_IN_ADDRESS = "intern"

_KEY = re.compile(r"[0-9a-f]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LiveView:
    """Whose work in which activity an address shows. An empty key is nobody's, and nothing's."""

    activity_key: str
    intern_key: str

    def address(self, launch_url: str) -> str:
        """The address that an LMS opens by a launch."""
        keys = {KEY_IN_ADDRESS: self.activity_key, INTERN_IN_ADDRESS: self.intern_key}
        return f"{launch_url}?{urlencode(keys)}"


def live_view(launch: Launch) -> LiveView | None:
    """The view that a launch opens; None for any other launch.

    The address alone tells, not the link: on its way from a grader it may get lost, and the custom
    parameters of a copied link name what it was copied from.
    """
    found = dict(parse_qsl(urlsplit(launch.target_link_uri).query, keep_blank_values=True))
    if INTERN_IN_ADDRESS not in found:
        return None
    return LiveView(_key(found.get(KEY_IN_ADDRESS, "")), _key(found[INTERN_IN_ADDRESS]))


def _key(given: str) -> str:
    return given if _KEY.fullmatch(given) else ""
