"""The words of LTI 1.3 as the platform's side spells them: claims, roles, scopes, media types."""

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
PNS_CLAIM = CLAIM + "platformnotificationservice"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
DL_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
DEEP_LINKING_RESPONSE = "LtiDeepLinkingResponse"
REVIEW_REQUEST = "LtiSubmissionReviewRequest"

LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULT_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
ROSTER_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
NOTICE_HANDLERS = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
PROGRESS_READ = "https://canvas.instructure.com/lti-ags/progress/scope/show"

LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

_LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
INSTRUCTOR = _LIS + "membership#Instructor"
TEACHING_ASSISTANT = _LIS + "membership/Instructor#TeachingAssistant"
CONTENT_DEVELOPER = _LIS + "membership#ContentDeveloper"
LEARNER = _LIS + "membership#Learner"
MENTOR = _LIS + "membership#Mentor"
SCHOOL_INSTRUCTOR = _LIS + "institution/person#Instructor"
SCHOOL_STUDENT = _LIS + "institution/person#Student"
SCHOOL_ADMINISTRATOR = _LIS + "institution/person#Administrator"
SYSTEM_ADMINISTRATOR = _LIS + "system/person#Administrator"
SYSTEM_USER = _LIS + "system/person#User"
SYSTEM_NONE = _LIS + "system/person#None"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
COURSE_OFFERING = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"

ACTIVITY_PROGRESS = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_PROGRESS = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")
