"""The plain flavour: the standard and nothing else."""

from lti_tool.sandbox.flavour import Flavour

PATHS = {
    "course": "/courses/<course>",
    "activity": "/courses/<course>/activities/<activity>",
    "copy": "/courses/<course>/copy",
    "review": "/courses/<course>/activities/<activity>/review/<student>",
    "grades": "/courses/<course>/grades",
    "choose": "/courses/<course>/choose",
    "deep_linking_return": "/courses/<course>/chosen",
    "admin": "/admin/tools",
    "register": "/admin/tools/register",
    "start_registration": "/admin/tools/register/start",
    "openid_configuration": "/.well-known/openid-configuration",
    "registration": "/lti/registrations",
    "auth": "/lti/auth",
    "jwks": "/lti/jwks",
    "token": "/lti/token",
    "lineitems": "/lti/courses/<course>/lineitems",
    "lineitem": "/lti/courses/<course>/lineitems/<column>",
    "scores": "/lti/courses/<course>/lineitems/<column>/scores",
    "results": "/lti/courses/<course>/lineitems/<column>/results",
    "roster": "/lti/courses/<course>/members",
}

PLAIN = Flavour(
    look="plain",
    paths=PATHS,
    custom={"context_history": "$Context.id.history"},
)
