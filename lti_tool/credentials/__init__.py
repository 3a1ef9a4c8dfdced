"""What a certificate proves to machines: Open Badges 3.0, signed with keys that are published."""
