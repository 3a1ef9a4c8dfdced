"""Hangs a flavour's addresses on a Flask app: paths as data, parts in the path or the query."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, abort, request

View = Callable[..., Any]
_PART = re.compile(r"<(\w+)>")


def add(app: Flask, endpoint: str, pattern: str, view: View, *methods: str) -> None:
    """`/view.php?id=<activity>` reads a part from the query; `?type_id=1` must be just so."""
    rule, _, query = pattern.partition("?")
    wanted = parse_qsl(query)

    def called(**parts: str) -> Any:
        for name, value in wanted:
            found = request.args.get(name, "")
            part = _PART.fullmatch(value)
            if part:
                parts[part[1]] = found
            elif found != value:
                abort(400)
        return view(**parts)

    name = f"{endpoint}-{'-'.join(methods).lower()}" if endpoint in app.view_functions else endpoint
    app.add_url_rule(rule, name, called, methods=list(methods))
