"""The packs that come with Rounds: every folder in here that holds a pack.yaml is one."""
