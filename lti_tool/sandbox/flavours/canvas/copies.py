"""Course copies as Canvas makes them. Canvas: app/models/content_migration.rb."""

from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.copies import Copies
from lti_tool.sandbox.flavours.canvas.notices import Notices
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.world import Course


class CanvasCopies(Copies):
    def __init__(self, platform: Platform, claims: Claims) -> None:
        super().__init__(platform, claims)
        self.notices = Notices(platform, claims)

    def keeps_ids(self) -> bool:
        """Not to be relied upon, so the switch decides."""
        return self.platform.switches.copied_ids

    def tell(self, course: Course, source: Course) -> None:
        self.notices.send_copy(course, (source.key,))
