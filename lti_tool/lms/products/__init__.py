"""How LMS products differ: base.py is the standard, the others hold only their departures."""
