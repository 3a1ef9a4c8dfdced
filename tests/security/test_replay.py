"""Fifty posts of one launch at once, to several processes: one opens, the rest read why not."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from sqlalchemy import func, select

from lti_tool.models.launch import LaunchSession
from lti_tool.services.unit import Rounds
from tests.house.checkout import ROOT
from tests.stand_in import StandIn

POSTS = 50


@pytest.fixture
def workers(environment: dict[str, str], listening: socket.socket) -> Iterator[str]:
    """The tool under gunicorn, as `rounds serve` runs it: its origin."""
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "config/gunicorn.conf.py")]
    command += ["--bind", f"fd://{listening.fileno()}", "lti_tool.app:wsgi()"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, "ROUNDS_WEB_WORKERS": "2"},
        pass_fds=[listening.fileno()],
        stderr=subprocess.DEVNULL,
    )
    origin = environment["ROUNDS_BASE_URL"]
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            requests.get(f"{origin}/healthz", timeout=1)
            break
    yield origin
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)


def test_of_fifty_posts_at_once_one_opens_a_session(
    workers: str, lms: StandIn, rounds: Rounds
) -> None:
    headers = {"Sec-Fetch-Dest": "document"}
    begun = requests.post(
        f"{workers}/lti/login",
        data=lms.login_form(),
        headers=headers,
        allow_redirects=False,
        timeout=10,
    )
    asked = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
    form = {"id_token": lms.sign(lms.claims(asked)), "state": asked["state"]}
    cookie = begun.headers["Set-Cookie"].partition(";")[0]

    def post(_number: int) -> tuple[int, bool]:
        answer = requests.post(
            f"{workers}/lti/launch",
            data=form,
            headers={"Cookie": cookie},
            allow_redirects=False,
            timeout=30,
        )
        return answer.status_code, "launch-used" in answer.text

    with ThreadPoolExecutor(POSTS) as pool:
        answers = Counter(pool.map(post, range(POSTS)))
    assert answers == {(303, False): 1, (409, True): POSTS - 1}
    with rounds.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(LaunchSession)) == 1
