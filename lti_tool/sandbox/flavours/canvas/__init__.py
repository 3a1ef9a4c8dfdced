"""The canvas flavour, put together. Sources are named beside each departure."""

from lti_tool.sandbox.claims import AGS_SCOPES
from lti_tool.sandbox.flavour import Flavour
from lti_tool.sandbox.flavours.canvas.claims import CUSTOM_FIELDS, CanvasClaims
from lti_tool.sandbox.flavours.canvas.copies import CanvasCopies
from lti_tool.sandbox.flavours.canvas.deep_linking import CanvasDeepLinking
from lti_tool.sandbox.flavours.canvas.lineitems import CanvasColumns
from lti_tool.sandbox.flavours.canvas.login import CanvasLogin
from lti_tool.sandbox.flavours.canvas.people import CanvasPeople
from lti_tool.sandbox.flavours.canvas.registration import PLACEMENTS, CanvasRegistrar
from lti_tool.sandbox.flavours.canvas.roster import CanvasRoster
from lti_tool.sandbox.flavours.canvas.scores import CanvasScores
from lti_tool.sandbox.flavours.canvas.tokens import CanvasTokens
from lti_tool.sandbox.vocabulary import NOTICE_HANDLERS, PROGRESS_READ, ROSTER_READ

PATHS = {
    "course": "/courses/<course>",
    "activity": "/courses/<course>/assignments/<activity>",
    "copy": "/courses/<course>/copy",
    "speedgrader": "/courses/<course>/gradebook/speed_grader"
    "?assignment_id=<activity>&student_id=<student>",
    "submission": "/courses/<course>/assignments/<activity>/submissions/<student>",
    "retrieve": "/courses/<course>/external_tools/retrieve",
    "grades": "/courses/<course>/grades",
    "choose": "/courses/<course>/external_tools/choose",
    "offer_tool": "/courses/<course>/navigation",
    "deep_linking_return": "/courses/<course>/deep_linking_response",
    "activity_form": "/courses/<course>/assignments/new",
    "save_activity": "/courses/<course>/assignments",
    "admin": "/accounts/1/apps",
    "register": "/accounts/1/apps/register",
    "start_registration": "/api/lti/register",
    "openid_configuration": "/api/lti/security/openid-configuration",
    "registration": "/api/lti/registrations",
    "auth": "/api/lti/authorize_redirect",
    "auth_at_school": "/api/lti/authorize",
    "jwks": "/api/lti/security/jwks",
    "token": "/login/oauth2/token",
    "lineitems": "/api/lti/courses/<course>/line_items",
    "lineitem": "/api/lti/courses/<course>/line_items/<column>",
    "scores": "/api/lti/courses/<course>/line_items/<column>/scores",
    "results": "/api/lti/courses/<course>/line_items/<column>/results",
    "result": "/api/lti/courses/<course>/line_items/<column>/results/<result>",
    "roster": "/api/lti/courses/<course>/names_and_roles",
    "notices": "/api/lti/notice-handlers/<tool>",
    "storage": "/post_message_forwarding",
    "progress": "/api/lti/courses/<course>/progress/<file>",
}

# Canvas: app/views/lti/_launch_iframe.html.erb
FRAME = {
    "class": "tool_launch",
    "allow": "geolocation *; microphone *; camera *; midi *; encrypted-media *; autoplay *; "
    "clipboard-write *; display-capture *",
    "allowfullscreen": "",
}

# What its pages answer the tool. Canvas: ui/shared/lti/jquery/messages.ts
MESSAGES = (
    "lti.capabilities",
    "lti.frameResize",
    "lti.fetchWindowSize",
    "lti.scrollToTop",
    "lti.setUnloadMessage",
    "lti.removeUnloadMessage",
    "lti.showAlert",
    "lti.screenReaderAlert",
    "lti.getPageSettings",
)

CANVAS = Flavour(
    look="canvas",
    paths=PATHS,
    key_count=3,
    # Canvas: app/controllers/lti/ims/security_controller.rb
    keys_max_age=864_000,
    scopes=(*AGS_SCOPES, ROSTER_READ, PROGRESS_READ, NOTICE_HANDLERS),
    frame=FRAME,
    messages=MESSAGES,
    # Canvas has no submission review: SpeedGrader does that work.
    reviews=None,
    copies=CanvasCopies,
    people=CanvasPeople,
    claims=CanvasClaims,
    login=CanvasLogin,
    tokens=CanvasTokens,
    columns=CanvasColumns,
    scores=CanvasScores,
    roster=CanvasRoster,
    custom=CUSTOM_FIELDS,
    placements=PLACEMENTS,
    registrar=CanvasRegistrar,
    deep_linking=CanvasDeepLinking,
)
