"""Certificate files: Canvas fetches the address it is given, with no credentials of anyone.

Canvas: lib/api/v1/attachment.rb, lib/services/submit_homework_service.rb,
gems/canvas_http/lib/canvas_http.rb.
"""

import threading
import time
from typing import Any
from urllib.parse import urljoin

import requests

from lti_tool.sandbox.flavours.canvas.tokens import refuse
from lti_tool.sandbox.gradebook import StoredFile
from lti_tool.sandbox.platform import Platform

REDIRECTS = 3
LARGEST = 50_000_000


class FetchFailed(Exception):
    """The address answered something that is not the file."""


class Files:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def take(self, course_id: str, items: list[dict[str, Any]]) -> list[StoredFile]:
        """Make the records and fetch now, or later by a thread where the switch says so.

        Raises the 504 of Canvas's file service when an address does not answer in time.
        """
        files = [self._record(course_id, item) for item in items if item.get("type") == "file"]
        for file in files:
            if self.platform.switches.delayed_files:
                threading.Thread(target=self._later, args=(file,), daemon=True).start()
            else:
                try:
                    self._fetch(file)
                except requests.Timeout:
                    file.state, file.message = "failed", "file url timed out"
                    refuse(504, "file url timed out", "gateway_timeout")
        return files

    def _record(self, course_id: str, item: dict[str, Any]) -> StoredFile:
        with self.platform.lock:
            file = StoredFile(
                id=self.platform.book.number(),
                title=str(item.get("title") or "file"),
                media_type=str(item.get("media_type") or ""),
                url=str(item.get("url") or ""),
            )
            self.platform.book.files[file.id] = (course_id, file)
        return file

    def _later(self, file: StoredFile) -> None:
        time.sleep(self.platform.switches.file_delay)
        try:
            self._fetch(file)
        except requests.Timeout:
            file.state, file.message = "failed", "file url timed out"

    def _fetch(self, file: StoredFile) -> None:
        file.state = "running"
        try:
            self._download(file)
        except (FetchFailed, requests.ConnectionError, requests.exceptions.InvalidURL) as error:
            if isinstance(error, requests.Timeout):
                raise
            file.state, file.message = "failed", str(error)[:200]
            self.platform.note("File failed", f"{file.title} could not be fetched.", file.message)
            return
        file.state = "completed"
        words = f"{file.title} was fetched, {len(file.content)} bytes."
        self.platform.note("File fetched", words, {"sha256": file.sha256})

    def _download(self, file: StoredFile) -> None:
        address = file.url
        for _ in range(REDIRECTS + 1):
            if not address.startswith(("http://", "https://")):
                raise FetchFailed("the address is neither http nor https")
            switches = self.platform.switches
            found = requests.get(
                address,
                timeout=(switches.file_connect_timeout, switches.file_read_timeout),
                allow_redirects=False,
                headers={"User-Agent": "inst-fs"},
            )
            if not found.is_redirect:
                break
            address = urljoin(address, found.headers["Location"])
        else:
            raise FetchFailed("too many redirects")
        if found.status_code != 200:
            raise FetchFailed(f"Invalid response code, expected 200 got {found.status_code}")
        file.content = found.content[:LARGEST]
        file.served_as = found.headers.get("Content-Type", "")
