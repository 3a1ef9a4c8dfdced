"""The conversation with an LMS: the only wing that knows LTI, its claims and its services."""
