"""The plain flavour: the standard and nothing else."""

from lti_tool.sandbox.flavour import Flavour

PATHS = {
    "course": "/courses/<course>",
    "activity": "/courses/<course>/activities/<activity>",
    "grades": "/courses/<course>/grades",
    "auth": "/lti/auth",
    "jwks": "/lti/jwks",
    "token": "/lti/token",
    "lineitems": "/lti/courses/<course>/lineitems",
    "lineitem": "/lti/courses/<course>/lineitems/<column>",
    "scores": "/lti/courses/<course>/lineitems/<column>/scores",
    "results": "/lti/courses/<course>/lineitems/<column>/results",
    "roster": "/lti/courses/<course>/members",
}

PLAIN = Flavour(look="plain", paths=PATHS)
