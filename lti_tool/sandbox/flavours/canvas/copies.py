"""Course copies as Canvas makes them. Canvas: app/models/content_migration.rb."""

from lti_tool.sandbox.copies import Copies


class CanvasCopies(Copies):
    def keeps_ids(self) -> bool:
        """Not to be relied upon, so the switch decides."""
        return self.platform.switches.copied_ids
