"""The rules of assessment: pure functions and values, no input or output, no clock, no framework."""
