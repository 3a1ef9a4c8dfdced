"""Write the next migration from the models: `python -m lti_tool.migrations "Add a table"`.

Compares the models with a database made by the migrations there are. What it writes is a draft: it
cannot tell a renamed column from a new one, and moves no data.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from lti_tool.db import make_engine
from lti_tool.migrations import configuration, upgrade


def main(message: str) -> None:
    """Write versions/<number>_<message>.py."""
    config = configuration()
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'migrated.db'}"
        if number > 1:
            upgrade(url)
        with make_engine(url).begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    main(sys.argv[1])
