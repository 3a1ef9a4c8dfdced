"""Lets `python -m lti_tool.sandbox` start the pretend LMS."""

import sys

from lti_tool.sandbox.serve import main

sys.exit(main())
