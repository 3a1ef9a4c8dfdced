"""The demo: the tool and a sandbox LMS on this machine, with a course that looks lived in."""
