"""Fifty posts of one launch at once, to several processes: one opens, the rest read why not."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlsplit

import requests
from sqlalchemy import func, select

from lti_tool.models.launch import LaunchSession
from lti_tool.services.unit import Rounds
from tests.security.conftest import Workers
from tests.stand_in import StandIn

POSTS = 50


def test_of_fifty_posts_at_once_one_opens_a_session(
    workers: Workers, lms: StandIn, rounds: Rounds
) -> None:
    headers = {"Sec-Fetch-Dest": "document"}
    begun = requests.post(
        f"{workers.origin}/lti/login",
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
            f"{workers.origin}/lti/launch",
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
