"""Rounds: an LTI 1.3 Advantage tool for assessing interns in clinical placements."""

__version__ = "0.1.0"
