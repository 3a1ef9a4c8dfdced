"""The queues that jobs wait in, and the names by which the engine knows what is ours."""

from dbos import DBOSClient

from lti_tool.settings import Settings

QUEUES = (
    "passback",
    "certificate",
    "roster",
    "results",
    "column",
    "column-search",
    "column-removal",
    "read-back",
    "notices",
)
"""A kind of job is the queue it waits in: a thousand certificates never delay a grade."""

WITHOUT_LANES = ("certificate", "results")
"""The kinds that talk to no LMS: a process does one of each at a time. In the other queues each LMS
has a lane of its own."""

WORKFLOW = "rounds"
APPLICATION = "rounds"

VERSION = "1"
"""Pinned: the engine runs only jobs of its own version, and no deployment may strand any."""

AHEAD = 32
"""How many jobs are held ready for each call under way: the engine looks for new ones once a poll
only, and an LMS answers a grade in a few hundredths of a second."""

LANES = 8
"""How many LMSs may fill their lanes in one process: beyond that they wait for each other."""


def register_queues(settings: Settings) -> None:
    """Write down the queues before the engine starts, so that it listens to them at once."""
    client = DBOSClient(system_database_url=settings.database, application_name=APPLICATION)
    for name in QUEUES:
        laned = name not in WITHOUT_LANES
        at_once = 1 if laned else AHEAD
        if name == "passback":
            at_once = settings.engine_workers * AHEAD
        client.register_queue(
            name,
            worker_concurrency=at_once * LANES if laned else at_once,
            partition_worker_concurrency=at_once if laned else None,
            polling_interval_sec=settings.engine_poll_seconds,
        )
    _drop_jobs_without_lane(client)
    client.destroy()


def _drop_jobs_without_lane(client: DBOSClient) -> None:
    """Drop jobs that were handed over before there were lanes: no queue would ever take them.

    Grades are put back by their rows, and what looks for columns by its claims. Rosters and notices
    are asked for again by a launch, and a column is read back again at somebody's word.
    """
    laned = [name for name in QUEUES if name not in WITHOUT_LANES]
    old = client.list_workflows(
        queue_name=laned, status=["ENQUEUED", "PENDING"], load_input=False, load_output=False
    )
    stranded = [job.workflow_id for job in old if job.queue_partition_key is None]
    if stranded:
        client.cancel_workflows(stranded)
