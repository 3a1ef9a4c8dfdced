"""Behaving professionally: preparation, integrity, learning; for feedback only."""
