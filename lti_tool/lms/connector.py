"""pylti1p3's service connector, over our own tokens and our own guarded client.

pylti1p3's services (grades, results, roster) run on it as they are. Its own connector sends without
a timeout, mixes the tokens of registrations that share an issuer, and puts bodies into errors.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, cast

from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector, TServiceConnectorResponse

from lti_tool.domain.errors import PlatformAnswerWrong, ScopeMissing
from lti_tool.lms.http import Answer, Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform

MOST_PAGES = 400
"""Far above any course's people or columns."""


class ServiceAnswer(TServiceConnectorResponse):
    """What pylti1p3's services pass on, with the whole answer beside it."""

    answer: Answer


class Connector(ServiceConnector):
    """One platform's services. The caller has no transaction open: tokens use their own."""

    def __init__(self, http: Http, tokens: Tokens, platform: Platform) -> None:
        super().__init__(registration_of(platform), requests_session=http.session)
        self.platform = platform
        self._http = http
        self._tokens = tokens

    def get_access_token(self, scopes: Sequence[str]) -> str:
        """A token with these scopes; raises what Tokens.bearer raises."""
        return self._tokens.bearer(self.platform, scopes)

    def make_service_request(
        self,
        scopes: Sequence[str],
        url: str,
        *,
        is_post: bool = False,
        data: str | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        case_insensitive_headers: bool = False,
    ) -> ServiceAnswer:
        """GET a JSON document, or POST and take whatever answer comes.

        A token that is refused is thrown away, and a new one tried once. Raises what Tokens.bearer
        raises, and for a GET PlatformAnswerWrong unless the status is 200 with JSON. After a POST
        `body` is None: the caller reads `answer_of` the response.
        """
        headers = {"Accept": accept}
        if is_post:
            headers["Content-Type"] = content_type
            body = data or ""
            answer = self._call(scopes, headers, lambda told: self._http.post(url, body, told))
        else:
            answer = self._call(scopes, headers, lambda told: self._http.get(url, told))
        return {
            "headers": dict(answer.headers),
            "body": None if is_post else _document(answer),
            "next_page_url": None if is_post else _next_page(answer),
            "answer": answer,
        }

    def get_paginated_data(
        self, scopes: Sequence[str], url: str | None, *args: Any, **kwargs: Any
    ) -> Generator[TServiceConnectorResponse]:
        """One page after the other. Raises PlatformAnswerWrong where they do not come to an end."""
        for _ in range(MOST_PAGES):
            if url is None:
                return
            page = self.make_service_request(scopes, url, *args, **kwargs)
            yield page
            url = page["next_page_url"]
        raise PlatformAnswerWrong("the pages do not come to an end")

    def get(self, scopes: Sequence[str], url: str) -> Answer:
        """GET, whatever the status, with the care for tokens of make_service_request."""
        headers = {"Accept": "application/json"}
        return self._call(scopes, headers, lambda told: self._http.get(url, told))

    def put(self, scopes: Sequence[str], url: str, data: str) -> Answer:
        """PUT a JSON document, whatever the status, with the same care for tokens."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return self._call(scopes, headers, lambda told: self._http.put(url, data, told))

    def delete(self, scopes: Sequence[str], url: str) -> Answer:
        """DELETE, whatever the status, with the same care for tokens."""
        return self._call(scopes, {}, lambda told: self._http.delete(url, told))

    def _call(
        self,
        scopes: Sequence[str],
        headers: dict[str, str],
        call: Callable[[dict[str, str]], Answer],
    ) -> Answer:
        token = self.get_access_token(scopes)
        answer = call(headers | _bearer(token))
        if answer.status != 401:
            return answer
        self._tokens.forget(self.platform, scopes, token)
        return call(headers | _bearer(self.get_access_token(scopes)))


def registration_of(platform: Platform) -> Registration:
    """A platform as pylti1p3 knows it, without any key: what is signed is signed in signing.py."""
    registration = (
        Registration()
        .set_issuer(platform.issuer)
        .set_client_id(platform.client_id)
        .set_auth_login_url(platform.auth_login_url)
        .set_auth_token_url(platform.auth_token_url)
        .set_key_set_url(platform.jwks_url)
    )
    if platform.auth_audience:
        registration.set_auth_audience(platform.auth_audience)
    return registration


def answer_of(response: TServiceConnectorResponse) -> Answer:
    """The whole answer behind what one of pylti1p3's services passed on."""
    return cast(ServiceAnswer, response)["answer"]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _next_page(answer: Answer) -> str | None:
    """The next page's address. It gets the token, so it must be where this page was."""
    try:
        following = answer.next_url
    except ValueError:
        raise PlatformAnswerWrong("the next page is said to be at no address") from None
    if following and not answer.same_origin(following):
        raise PlatformAnswerWrong("the next page is said to be at another origin")
    return following


def _document(answer: Answer) -> Any:
    if answer.status == 401:
        raise ScopeMissing("the LMS does not let Rounds use this service", status=401)
    if answer.status != 200:
        words = f"the service answered with status {answer.status}"
        raise PlatformAnswerWrong(words, status=answer.status)
    try:
        return answer.document
    except PlatformAnswerWrong as error:
        raise PlatformAnswerWrong(str(error), status=answer.status) from None
