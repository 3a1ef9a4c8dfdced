"""What stands still is told by a clock of one's own, and only of the time in which one looked."""

from dataclasses import dataclass, field

from lti_tool.jobs.watch import Watch


@dataclass
class Looking:
    """Looks at one thing by a clock that a test moves."""

    clock: float = 0
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(60, lambda: self.clock)

    def after(self, seconds: float, **states: int) -> dict[str, int]:
        self.clock += seconds
        return self.watch.still(states)


def test_what_moves_does_not_stand_still() -> None:
    looking = Looking()
    assert not any(looking.after(1, other=beat) for beat in range(300))


def test_what_does_not_move_for_so_long_stands_still() -> None:
    looking = Looking()
    looked = [looking.after(1, other=7) for _ in range(62)]
    assert looked == [{}] * 61 + [{"other": 7}]
    assert looking.after(1, other=8) == {}


def test_time_in_which_nobody_looked_does_not_count() -> None:
    """After the database was away, all have stood still for as long as it was."""
    looking = Looking()
    looking.after(1, other=7)
    looking.after(1, other=7)
    assert looking.after(3600, other=7) == {}
    assert looking.after(1, other=7) == {}


def test_what_was_gone_meanwhile_begins_anew() -> None:
    looking = Looking()
    for _ in range(50):
        looking.after(1, other=7)
    looking.after(1)
    assert not any(looking.after(1, other=7) for _ in range(50))
