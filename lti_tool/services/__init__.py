"""What people do with Rounds, one class per thing; no Flask, and nothing here commits but unit.py."""
