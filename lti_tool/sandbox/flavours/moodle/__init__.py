"""The moodle flavour, put together: Moodle 4.5 as it was observed, files named per departure."""

from lti_tool.sandbox.flavour import Flavour
from lti_tool.sandbox.flavours.moodle.claims import TOOL_CUSTOM, MoodleClaims
from lti_tool.sandbox.flavours.moodle.deep_linking import MoodleDeepLinking
from lti_tool.sandbox.flavours.moodle.lineitems import MoodleColumns
from lti_tool.sandbox.flavours.moodle.login import MoodleLogin
from lti_tool.sandbox.flavours.moodle.people import MoodlePeople
from lti_tool.sandbox.flavours.moodle.registration import MoodleRegistrar
from lti_tool.sandbox.flavours.moodle.review import MoodleReviews
from lti_tool.sandbox.flavours.moodle.roster import MoodleRoster
from lti_tool.sandbox.flavours.moodle.scores import MoodleScores
from lti_tool.sandbox.flavours.moodle.tokens import MoodleTokens

PATHS = {
    "course": "/course/view.php?id=<course>",
    "activity": "/mod/lti/view.php?id=<activity>",
    "start_launch": "/mod/lti/launch.php?id=<activity>",
    "copy": "/backup/copy.php?id=<course>",
    "grade_analysis": "/mod/lti/grade.php?id=<activity>&userid=<student>",
    "grades": "/grade/report/grader/index.php?id=<course>",
    "choose": "/course/modedit.php?course=<course>",
    "start_choice": "/mod/lti/contentitem.php?course=<course>",
    "deep_linking_return": "/mod/lti/contentitem_return.php?course=<course>&id=<deployment>",
    "activity_form": "/course/mod.php?course=<course>",
    "save_activity": "/course/mod.php?course=<course>",
    "offer_tool": "/mod/lti/coursetools.php?id=<course>",
    "admin": "/mod/lti/toolconfigure.php",
    "register": "/mod/lti/register.php",
    "start_registration": "/mod/lti/startltiadvregistration.php",
    "openid_configuration": "/mod/lti/openid-configuration.php",
    "registration": "/mod/lti/openid-registration.php",
    "auth": "/mod/lti/auth.php",
    "jwks": "/mod/lti/certs.php",
    "token": "/mod/lti/token.php",
    "lineitems": "/mod/lti/services.php/<course>/lineitems?type_id=<deployment>",
    "lineitem": "/mod/lti/services.php/<course>/lineitems/<column>/lineitem?type_id=<deployment>",
    "scores": "/mod/lti/services.php/<course>/lineitems/<column>/lineitem/scores",
    "results": "/mod/lti/services.php/<course>/lineitems/<column>/lineitem/results",
    "roster": "/mod/lti/services.php/CourseSection/<course>/bindings/<deployment>/memberships",
}

# Moodle: mod/lti/view.php
FRAME = {
    "id": "contentframe",
    "allow": "microphone {tool}; camera {tool}; geolocation {tool}; midi {tool}; "
    "encrypted-media {tool}; autoplay {tool}",
    "allowfullscreen": "1",
}

MOODLE = Flavour(
    look="moodle",
    paths=PATHS,
    frame=FRAME,
    reviews=MoodleReviews,
    session_cookie="MoodleSession",
    people=MoodlePeople,
    claims=MoodleClaims,
    login=MoodleLogin,
    tokens=MoodleTokens,
    columns=MoodleColumns,
    scores=MoodleScores,
    roster=MoodleRoster,
    custom=TOOL_CUSTOM,
    registrar=MoodleRegistrar,
    deep_linking=MoodleDeepLinking,
)
