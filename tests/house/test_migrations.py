"""There is one line of migrations, so that `rounds upgrade` knows where to go."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.house.checkout import ROOT


def test_the_migrations_have_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "lti_tool" / "migrations"))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
