"""The rules of assessment: pure functions and values, no I/O, no clock, no framework."""
