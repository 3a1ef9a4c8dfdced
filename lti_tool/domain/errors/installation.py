"""Refusals of what an operator set up: settings, registrations, packs, the database."""

from lti_tool.domain.errors.families import Conflict, Invalid, NotFound, RoundsError, Unavailable


class RegistrationInvalid(Invalid):
    """What an operator entered about a platform cannot be used; the text names the field."""

    code = "registration-invalid"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


class InstitutionInvalid(Invalid):
    """What an operator entered about a school cannot be used; the text names the field."""

    code = "institution-invalid"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


class NoSuchThing(NotFound):
    """A command names a platform or a key that there is not."""

    code = "no-such-thing"


class DatabaseAway(Unavailable):
    """The database cannot be reached, has no room left, or did not get to this in time."""

    code = "database-away"


class SchemaOutdated(Unavailable):
    """The database is not at this version of Rounds; `rounds upgrade` brings it there."""

    code = "schema-outdated"


class PackError(RoundsError):
    """A pack that cannot be used: nothing starts until it is put right or taken away.

    `field` is a path like ``criteria[2].weight``, "" when the file as a whole is at fault; `line`
    counts from 1 and is None where there is no line to point at.
    """

    code = "pack-invalid"

    def __init__(
        self, problem: str, *, pack: str, file: str, line: int | None = None, field: str = ""
    ) -> None:
        place = file if line is None else f"{file}:{line}"
        fault = f"{field}: {problem}" if field else problem
        super().__init__(f'{place}: {fault} (pack "{pack}")')
        self.problem, self.pack, self.file, self.line, self.field = problem, pack, file, line, field


class KeysRotating(Conflict):
    """A new signing key is published and does not sign yet: another would cut its overlap short."""

    code = "keys-rotating"


class DelivererReplaced(Conflict):
    """Another process works under this deliverer's name: it was thought dead, and replaced."""

    code = "deliverer-replaced"
