"""Jobs about columns: find one or make it, read what it is out of, delete it again.

No transaction is open while the LMS is asked. Two jobs never see to one column at a time, since the
row is claimed first, and one that was made before its job died is found by the next: so there are
never two.
"""

from collections.abc import Callable

import structlog

from lti_tool.domain.column import TAG
from lti_tool.domain.errors import ColumnMissing, ColumnUnclear, RoundsError, ScopeMissing
from lti_tool.lms.columns import READ, FoundColumn, LineItems, NewColumn
from lti_tool.models.activity import GradeColumn
from lti_tool.services.columns import Search, Wanted
from lti_tool.services.unit import Rounds

log = structlog.get_logger("rounds.column")


def read_column(rounds: Rounds, items: LineItems, column_id: int) -> None:
    """Note a column's own maximum, so that pages can say what the gradebook shows.

    Where the LMS may not be asked, or does not answer, the maximum known before stays: it is shown,
    and nothing is computed from it that is sent.
    """
    with rounds.reading() as unit:
        column = unit.session.get_one(GradeColumn, column_id)
        course = column.activity.course
        platform, url = course.deployment.platform, column.lineitem_url
        scope = next((scope for scope in READ if scope in course.scopes), None)
    if url is None or scope is None:
        return
    try:
        found = items.read(platform, url, scope)
    except RoundsError as error:
        log.warning("column", column=column_id, code=error.code)
        return
    with rounds.work() as unit:
        unit.session.get_one(GradeColumn, column_id).maximum = found.maximum
    log.info("column", column=column_id, code="ok")


def find_columns(rounds: Rounds, items: LineItems, job: str) -> None:
    """Find what an activity lacks, make what is not there and may be made, and note the rest."""
    with rounds.work() as unit:
        search = unit.columns.claim_search(job)
    if search is None:
        return
    finder = _Finder(items, search, lambda id: _renewed(rounds, job, id))
    for wanted in search.wanted:
        try:
            column, ours = finder.own(wanted) if wanted.own else finder.further(wanted)
        except _NotOurs:
            continue
        except RoundsError as error:
            log.warning("column", column=wanted.id, code=error.code)
            with rounds.work() as unit:
                unit.columns.failed(job, wanted.id, error.code)
            continue
        with rounds.work() as unit:
            unit.columns.found(job, wanted.id, column, ours=ours)
        log.info("column", column=wanted.id, code="ok")


def remove_columns(rounds: Rounds, items: LineItems, job: str) -> None:
    """Delete the columns that Rounds made and that a course lead wants gone."""
    with rounds.work() as unit:
        removal = unit.columns.claim_removal(job)
    if removal is None:
        return
    for id, url in removal.columns:
        with rounds.work() as unit:
            if not unit.columns.renew_removal(job, id):
                continue
        try:
            if not removal.may_delete:
                raise ScopeMissing("the course does not let Rounds delete columns")
            items.delete(removal.platform, url)
        except RoundsError as error:
            log.warning("column", column=id, code=error.code)
            with rounds.work() as unit:
                unit.columns.failed(job, id, error.code)
            continue
        with rounds.work() as unit:
            unit.columns.removed(job, id)
        log.info("column", column=id, code="deleted")


def _renewed(rounds: Rounds, job: str, id: int) -> bool:
    with rounds.work() as unit:
        return unit.columns.renew(job, id)


class _NotOurs(Exception):
    """Another job sees to a column by now."""


class _Finder:
    """Finds or makes columns: gives each with whether Rounds made it, now or in an earlier try.

    Before one is made its claim is renewed by `renew`, which is given its id: however long the LMS
    took until then, nobody else makes it meanwhile.
    """

    def __init__(self, items: LineItems, search: Search, renew: Callable[[int], bool]) -> None:
        self._items = items
        self._search = search
        self._renew = renew
        self._tagged: list[FoundColumn] | None = None

    def own(self, wanted: Wanted) -> tuple[FoundColumn, bool]:
        """The column of the link itself. Where an LMS lets no tool make it, ColumnMissing."""
        search = self._search
        if search.link_id is None:
            raise ColumnMissing("no link leads to this activity")
        of_link = self._list(resource_link_id=search.link_id)
        mine = [column for column in of_link if column.link_id == search.link_id]
        named = [column for column in mine if column.resource_id in wanted.resource_ids]
        if len(named or mine) > 1:
            raise ColumnUnclear("the link has several columns")
        if mine:
            return (named or mine)[0], False
        if not search.makes_own:
            raise ColumnMissing("the link has no column")
        return self._make(wanted, link_id=search.link_id), True

    def further(self, wanted: Wanted) -> tuple[FoundColumn, bool]:
        """The column of a competency. One that came with a copied course was not made for it, and
        one that the origin in the same course sends to, or another copy, is left to that.
        """
        for name in wanted.resource_ids:
            for column in self._all_tagged():
                if column.resource_id == name and column.url not in self._search.taken:
                    return column, name == wanted.resource_ids[0]
        return self._make(wanted), True

    def _all_tagged(self) -> list[FoundColumn]:
        # Not a cached property: that holds a lock for the jobs of all LMSs while this one answers.
        if self._tagged is None:
            self._tagged = self._list(tag=TAG)
        return self._tagged

    def _list(self, **only: str) -> list[FoundColumn]:
        search = self._search
        if search.columns_url is None or search.reads is None:
            raise ScopeMissing("the course does not let Rounds read columns")
        return self._items.list(search.platform, search.columns_url, search.reads, only)

    def _make(self, wanted: Wanted, link_id: str | None = None) -> FoundColumn:
        search = self._search
        if search.columns_url is None or not search.may_make:
            raise ScopeMissing("the course does not let Rounds make columns")
        if not self._renew(wanted.id):
            raise _NotOurs
        new = NewColumn(wanted.label, wanted.resource_ids[0], TAG, link_id)
        return self._items.make(search.platform, search.columns_url, new)
