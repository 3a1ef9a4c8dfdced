"""Dynamic registration: what goes to the LMS, what is taken from its answers, and what is not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lti_tool.domain.errors import (
    IssuerForeign,
    RegistrationFaulty,
    RegistrationRefused,
    RegistrationUnanswered,
    RoundsError,
)
from lti_tool.lms.http import Http
from lti_tool.lms.products.asks import Ability, Addresses
from lti_tool.lms.products.choose import PRODUCTS, choose
from lti_tool.lms.registration import Registered, Registrar, Request, check_hosts
from lti_tool.settings import load_settings
from tests.conftest import SECRET
from tests.platform_stub import Reply
from tests.registering_lms import (
    AGS,
    CONFIGURATION,
    NOTICES,
    PLATFORM,
    ROSTER,
    SCOPES,
    TOKEN,
    TOOL,
    RegisteringLms,
    registering_lms,
)

ORIGIN = "https://rounds.example.edu:8443"
ADDRESSES = Addresses(
    origin=ORIGIN,
    launch=f"{ORIGIN}/lti/launch",
    login=f"{ORIGIN}/lti/login",
    keys=f"{ORIGIN}/lti/jwks.json",
    icon=f"{ORIGIN}/static/icon.png",
)


@pytest.fixture
def lms() -> Iterator[RegisteringLms]:
    with registering_lms() as standing:
        yield standing


@pytest.fixture
def registrar() -> Registrar:
    """No database: nothing is kept here."""
    environment = {
        "ROUNDS_SECRET_KEY": SECRET,
        "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8",
        "ROUNDS_HTTP_READ_SECONDS": "1",
    }
    return Registrar(Http(load_settings(environment)))


def register(registrar: Registrar, lms: RegisteringLms, token: str | None = TOKEN) -> Registered:
    return registrar.register(Request(lms.address, token), ADDRESSES)


# -- What we send ----------------------------------------------------------------------------------


def test_the_configuration_is_fetched_with_token_and_with_its_own_query(
    registrar: Registrar, lms: RegisteringLms
) -> None:
    register(registrar, lms)
    (asked,) = lms.stub.asked_for(CONFIGURATION)
    assert asked.path == f"{CONFIGURATION}?school=7&registration_token=in-the-query"
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert lms.asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert lms.asked.headers["Content-Type"] == "application/json"


def test_an_lms_that_gives_no_token_gets_none(registrar: Registrar, lms: RegisteringLms) -> None:
    register(registrar, lms, token=None)
    assert "Authorization" not in lms.asked.headers


def test_the_registration_names_our_addresses_and_what_the_standard_wants(
    registrar: Registrar, lms: RegisteringLms
) -> None:
    register(registrar, lms)
    sent = lms.asked.document
    tool = sent.pop(TOOL)
    assert sent == {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": ADDRESSES.login,
        "redirect_uris": [ADDRESSES.launch],
        "client_name": "Rounds",
        "client_uri": ORIGIN,
        "jwks_uri": ADDRESSES.keys,
        "logo_uri": ADDRESSES.icon,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(SCOPES),
    }
    assert tool["domain"] == "rounds.example.edu:8443"
    assert tool["target_link_uri"] == ADDRESSES.launch
    assert tool["custom_parameters"] == {
        "timezone": "$Person.address.timezone",
        "context_history": "$Context.id.history",
    }
    messages = {message["type"]: message for message in tool["messages"]}
    assert set(messages) == {
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
        "LtiSubmissionReviewRequest",
    }
    assert messages["LtiDeepLinkingRequest"]["placements"] == ["ContentArea"]


def test_scopes_an_lms_does_not_know_are_not_asked_for(
    registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.tells(scopes_supported=["openid", f"{AGS}score"])
    register(registrar, lms)
    assert lms.asked.document["scope"] == f"{AGS}score"


def test_where_an_lms_does_not_say_what_it_knows_all_is_asked_for(
    registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.tells(scopes_supported=None)
    register(registrar, lms)
    assert lms.asked.document["scope"].split() == [*SCOPES, NOTICES]


def test_canvas_is_asked_in_its_own_way(registrar: Registrar) -> None:
    own = "https://canvas.instructure.com/lti/"
    progress = "https://canvas.instructure.com/lti-ags/progress/scope/show"
    with registering_lms("canvas") as lms:
        lms.tells(scopes_supported=["openid", *SCOPES, progress, NOTICES])
        lms.grants(scope=" ".join([*SCOPES, progress, "openid"]))
        registered = register(registrar, lms)
        sent = lms.asked.document
    tool = sent[TOOL]
    assert sent["scope"].split() == [*SCOPES, NOTICES, progress]
    assert tool["domain"] == "rounds.example.edu", "it compares host names"
    assert tool[f"{own}privacy_level"] == "public"
    assert tool["custom_parameters"]["membership_roles"] == "$Canvas.membership.roles"
    menu, choice = tool["messages"]
    assert (menu["type"], menu["placements"]) == ("LtiResourceLinkRequest", ["course_navigation"])
    assert menu[f"{own}course_navigation/default_enabled"] is False
    assert choice["type"] == "LtiDeepLinkingRequest"
    assert {"assignment_selection", "link_selection", "module_index_menu_modal"} < set(
        choice["placements"]
    )
    assert registered.lacking == (Ability.NOTICES,)
    assert registered.auth_audience is None, "it wants assertions addressed to its token address"


def test_placements_an_lms_does_not_list_are_not_asked_for(registrar: Registrar) -> None:
    own = "https://canvas.instructure.com/lti/"
    listed = [f"{own}link_selection", "assignment_selection", f"{own}editor_button"]
    with registering_lms("canvas") as lms:
        supported = [{"type": "LtiDeepLinkingRequest", "placements": listed}, {"type": "More"}]
        platform = {"product_family_code": "canvas", "messages_supported": supported}
        lms.tells(**{PLATFORM: platform})
        register(registrar, lms)
        messages = lms.asked.document[TOOL]["messages"]
    assert [message["placements"] for message in messages] == [
        ["course_navigation"],
        ["assignment_selection", "link_selection"],
    ]


def test_a_message_is_not_asked_for_where_the_lms_has_no_place_for_it() -> None:
    asks = choose("canvas").asks
    offered = {"LtiResourceLinkRequest": ["account_navigation"]}
    messages = asks.tool_configuration(ADDRESSES, offered)["messages"]
    assert [message["type"] for message in messages] == ["LtiDeepLinkingRequest"]
    assert len(choose("other").asks.tool_configuration(ADDRESSES)["messages"]) == 3


def test_no_placement_is_asked_for_twice() -> None:
    """Canvas takes the first message of a placement and forgets the others."""
    for product in PRODUCTS:
        places = [
            place
            for message in choose(product).asks.tool_configuration(ADDRESSES)["messages"]
            for place in message.get("placements", [])
        ]
        assert len(places) == len(set(places)), product


# -- What we take ----------------------------------------------------------------------------------


def test_the_registration_is_taken_from_configuration_and_answer(
    registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.grants(deployment_id="d-1")
    assert register(registrar, lms) == Registered(
        issuer=lms.stub.url(""),
        client_id="rounds-at-lms",
        name="127.0.0.1",
        product="other",
        auth_login_url=lms.stub.url("/auth"),
        auth_token_url=lms.stub.url("/token"),
        auth_audience="the-authorization-server",
        jwks_url=lms.stub.url("/jwks"),
        deployment_id="d-1",
        scopes=tuple(SCOPES),
        lacking=(),
    )


@pytest.mark.parametrize(
    ("granted", "deployment"),
    [
        ({"deployment_id": "d-1"}, "d-1"),
        ({TOOL: {"deployment_id": "d-2", "domain": "rounds.example.edu"}}, "d-2"),
        ({TOOL: {}}, None),
        ({}, None),
    ],
)
def test_a_deployment_may_be_named_in_either_place_or_in_none(
    granted: dict[str, Any], deployment: str | None, registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.grants(**granted)
    assert register(registrar, lms).deployment_id == deployment


@pytest.mark.parametrize(
    ("scope", "lacking"),
    [
        (" ".join([*SCOPES, NOTICES]), ()),
        (f"{AGS}score {AGS}result.readonly {AGS}lineitem {ROSTER} {NOTICES} more", ()),
        (f"{AGS}lineitem.readonly {ROSTER} {NOTICES}", ("score", "read-back", "make-columns")),
        ("", tuple(choose("other").asks.scopes.values())[:-1]),
        (" ".join(SCOPES), ()),
        (None, ()),
    ],
)
def test_what_was_not_granted_is_told(
    scope: str | None, lacking: tuple[str, ...], registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.grants(scope=scope)
    registered = register(registrar, lms)
    assert registered.lacking == lacking
    assert (registered.scopes is None) == (scope is None)


def test_notices_are_missed_only_where_the_lms_sends_them(
    registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.tells(scopes_supported=[*SCOPES, NOTICES])
    assert register(registrar, lms).lacking == (Ability.NOTICES,)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Northgate\n\tCollege \u202e", "Northgate College"),
        ("x" * 400, "x" * 255),
        ("\x00\ud800", "127.0.0.1"),
        (None, "127.0.0.1"),
        (["a"], "127.0.0.1"),
    ],
)
def test_a_name_becomes_something_that_fits_in_a_line(
    told: Any, name: str, registrar: Registrar
) -> None:
    with registering_lms("canvas") as lms:
        platform = {
            "product_family_code": "canvas",
            "https://canvas.instructure.com/lti/account_name": told,
        }
        lms.tells(**{PLATFORM: platform})
        assert register(registrar, lms).name == name


@pytest.mark.parametrize("platform", [None, {}, {"product_family_code": ["canvas"]}])
def test_an_lms_of_no_known_product_is_taken_for_one_that_keeps_to_the_standard(
    platform: Any, registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.tells(**{PLATFORM: platform})
    assert register(registrar, lms).product == "other"


# -- What is refused -------------------------------------------------------------------------------

FAULTY_CONFIGURATIONS: list[dict[str, Any]] = [
    {"issuer": None},
    {"issuer": 7},
    {"issuer": "https://" + "a" * 300},
    {"authorization_endpoint": None},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"token_endpoint": "file:///etc/passwd"},
    {"jwks_uri": "https://lms.example.edu/#fragment"},
    {"jwks_uri": "https://lms.example.edu/" + "a" * 3000},
    {"registration_endpoint": ["https://lms.example.edu/"]},
    {"registration_endpoint": "https://user:pass@lms.example.edu/"},
    {"scopes_supported": "openid"},
    {"scopes_supported": ["a"] * 1000},
    {PLATFORM: "moodle"},
    {PLATFORM: {"messages_supported": ["LtiDeepLinkingRequest"]}},
]


@pytest.mark.parametrize("changes", FAULTY_CONFIGURATIONS)
def test_a_configuration_of_a_wrong_shape_is_refused(
    changes: dict[str, Any], registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.tells(**changes)
    with pytest.raises(RegistrationFaulty):
        register(registrar, lms)
    assert len(lms.stub.asked) == 1, "nothing is sent to an LMS that cannot be registered"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html>Sign in</html>"),
        Reply(b"[1, 2]"),
        Reply(b"null"),
        Reply(b"\xff\xfe"),
        Reply(b"[" * 100_000),
        Reply(b"{}", status=401),
        Reply(b"", status=302, headers={"Location": "http://127.0.0.1/"}),
    ],
)
def test_an_answer_that_is_no_configuration_is_refused(
    reply: Reply, registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.tells(reply)
    with pytest.raises(RegistrationFaulty):
        register(registrar, lms)


@pytest.mark.parametrize(
    "issuer", ["https://elsewhere.example.edu", "https://127.0.0.1.example.edu", "http://localhost"]
)
def test_an_lms_registers_under_its_own_host_only(
    issuer: str, registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.tells(issuer=issuer)
    with pytest.raises(IssuerForeign):
        register(registrar, lms)
    assert len(lms.stub.asked) == 1


@pytest.mark.parametrize(
    "field", ["authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"]
)
def test_a_configuration_that_came_by_tls_names_no_address_without_it(
    field: str, lms: RegisteringLms
) -> None:
    told = lms.configuration()
    came_from = lms.address.replace("http:", "https:")
    secure = {
        name: value.replace("http:", "https:")
        for name, value in told.items()
        if isinstance(value, str)
    }
    check_hosts(secure, came_from)
    with pytest.raises(RegistrationFaulty, match=field):
        check_hosts({**secure, field: told[field]}, came_from)


@pytest.mark.parametrize(
    ("reply", "refusal"),
    [
        (Reply("token_already_used", status=401), RegistrationRefused),
        (Reply({"errors": ["scope"]}, status=422), RegistrationRefused),
        (Reply("<html>broken</html>", status=500), RegistrationRefused),
        (Reply("<html>fine</html>"), RegistrationFaulty),
        (Reply({"scope": ""}), RegistrationFaulty),
        (Reply({"client_id": ""}), RegistrationFaulty),
        (Reply({"client_id": 12}), RegistrationFaulty),
        (Reply({"client_id": "a" * 256}), RegistrationFaulty),
        (Reply({"client_id": "a", "scope": ["b"]}), RegistrationFaulty),
        (Reply({"client_id": "a", "deployment_id": {}}), RegistrationFaulty),
        (Reply({"client_id": "a", TOOL: {"deployment_id": "é"}}), RegistrationFaulty),
    ],
)
def test_an_answer_that_registers_nothing_is_refused(
    reply: Reply, refusal: type[RoundsError], registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.grants(reply)
    with pytest.raises(refusal) as refused:
        register(registrar, lms)
    assert "token_already_used" not in str(refused.value)


@pytest.mark.parametrize("status", [200, 201])
def test_both_statuses_by_which_lmss_say_done_are_taken(
    status: int, registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.grants(Reply({"client_id": "a"}, status=status))
    assert register(registrar, lms).client_id == "a"


def test_an_lms_that_hangs_up_is_told_from_one_that_refuses(
    registrar: Registrar, lms: RegisteringLms
) -> None:
    lms.grants(Reply(raw=lambda handler: handler.connection.close()))
    with pytest.raises(RegistrationUnanswered):
        register(registrar, lms)


def test_the_token_and_the_address_do_not_show_in_a_repr() -> None:
    request = Request("https://lms.example.edu/?registration_token=secret", "secret")
    assert "secret" not in repr(replace(request))
