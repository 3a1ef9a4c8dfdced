"""The web: thin views that parse, authorise, call one service and answer."""
