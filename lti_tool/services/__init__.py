"""What people do with Rounds, one class per thing; no Flask, and only unit.py commits."""
