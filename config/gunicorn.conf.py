"""How gunicorn runs the web workers of `rounds serve`; its numbers come from Rounds' settings."""

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

# An id_token is long, but it travels in a body. Only a session address may be long here.
limit_request_line = 8190
limit_request_fields = 64

# Rounds logs each request itself, with the code of a refusal; a second access log would hold
# addresses that are secrets.
accesslog = None

# Rounds decides itself whose X-Forwarded-For to believe (trusted_proxies), and its addresses never
# follow X-Forwarded-Proto.
forwarded_allow_ips = ""

# Nothing here needs a second way in to the server.
control_socket_disable = True
