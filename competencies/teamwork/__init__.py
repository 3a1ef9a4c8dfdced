"""Working with other professions: messages, handover, speaking up, following through."""
