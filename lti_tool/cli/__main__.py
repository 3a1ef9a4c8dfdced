"""`python -m lti_tool.cli`: the command line where `rounds` is not on the path."""

from lti_tool.cli import main

if __name__ == "__main__":
    main()
