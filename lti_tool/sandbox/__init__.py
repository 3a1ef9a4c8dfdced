"""A pretend LMS on loopback for the demo and the tests; it shares no code with the tool."""
