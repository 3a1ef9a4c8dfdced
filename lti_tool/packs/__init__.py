"""Find, read and check the packs that competencies come from.

A pack is a folder with a pack.yaml. It comes through one of three doors, all read by one loader:
the folders of the package `competencies`, installed distributions that announce the entry-point
group `lti_tool.competencies`, and data-only folders named in the settings, where no code is run.
docs/write-a-pack.md explains every field to the people who write packs.
"""

from lti_tool.packs.catalogue import Catalogue, Pack, read_catalogue, read_pack
from lti_tool.packs.describe import describe
from lti_tool.packs.schema import dump, load

__all__ = ["Catalogue", "Pack", "describe", "dump", "load", "read_catalogue", "read_pack"]
