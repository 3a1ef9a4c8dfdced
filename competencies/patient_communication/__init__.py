"""Talking with patients: connecting, listening, explaining, planning together."""
