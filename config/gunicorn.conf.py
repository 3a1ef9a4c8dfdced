"""How gunicorn runs the web workers of `rounds serve`; its numbers come from Rounds' settings."""

import logging

from gunicorn.config import Config
from gunicorn.glogging import Logger

from lti_tool.settings import load_settings

_settings = load_settings()

worker_class = "gthread"
workers = _settings.web_workers
threads = _settings.web_threads

# A request talks to the database and, while a platform's keys are fetched, to one LMS. Twice that
# wait is longer than any request that will still end.
timeout = int(2 * (_settings.http_connect_seconds + _settings.http_read_seconds)) + 10
graceful_timeout = timeout

# A reverse proxy keeps its connections open; close ours a little later than it closes its own.
keepalive = 75

# Workers are renewed now and then, not all at once, so that no leak grows without end.
max_requests = 10_000
max_requests_jitter = 1_000

# An id_token is long, but it travels in a body. Logins and registrations may be long here: hints
# and an LMS's token stand in their addresses.
limit_request_line = 8190
limit_request_fields = 64

# Rounds logs logins, launches and refusals itself; an access log would hold addresses that are
# secrets.
accesslog = None


class _Discreet(Logger):
    """gunicorn's own log without the words of a request: its address or cookie may be secret."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.addFilter(_without_request)


def _without_request(record: logging.LogRecord) -> bool:
    for told in ("Invalid request", "Error handling request"):
        if str(record.msg).startswith(told):
            record.msg, record.args = told, ()
    return True


logger_class = _Discreet

# Rounds decides itself whose X-Forwarded-For to believe (trusted_proxies), and its addresses never
# follow X-Forwarded-Proto.
forwarded_allow_ips = ""

# Nothing here needs a second way in to the server.
control_socket_disable = True
