"""The engine: hand over a job in the caller's own transaction, and run what was handed over.

DBOS does the queueing, in the tool's own database: a job exists if and only if the rows it is about
were committed with it. What is owed stands in our rows and is the truth; the engine only runs it,
and what it lost is put back. No other room knows DBOS.
"""

from lti_tool.jobs.engine import check_engine, enqueue, upgrade_engine
from lti_tool.jobs.process import run

__all__ = ["check_engine", "enqueue", "run", "upgrade_engine"]
