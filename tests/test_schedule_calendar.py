"""Working time: holidays, weekends, hours to dates and back."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansmith.errors import InputError
from plansmith.plan.calendar import WorkingTime
from plansmith.plan.types import Absence, Calendar

FRIDAY = dt.date(2026, 11, 27)


def test_romanian_holidays_are_free() -> None:
    # Law 53/2003 (Labour Code), article 139: 30 November (Monday) and 1 December (Tuesday) are public holidays.
    time = WorkingTime(Calendar(country="RO"), FRIDAY)
    assert time.ends(8) == dt.datetime(2026, 11, 27, 17)
    assert time.begins(8) == dt.datetime(2026, 12, 2, 9)
    assert time.ends(9) == dt.datetime(2026, 12, 2, 10)


def test_without_a_country_only_weekends_are_free() -> None:
    time = WorkingTime(Calendar(), FRIDAY)
    assert time.begins(8) == dt.datetime(2026, 11, 30, 9)


def test_a_start_on_a_free_day_moves_to_the_next_working_day() -> None:
    assert WorkingTime(Calendar(country="DE"), dt.date(2026, 12, 25)).start == dt.date(2026, 12, 28)


def test_other_weekends_and_shorter_days() -> None:
    time = WorkingTime(Calendar(weekend=(4, 5), hours_per_day=6), dt.date(2026, 11, 26))
    assert time.ends(6) == dt.datetime(2026, 11, 26, 15)
    assert time.ends(12) == dt.datetime(2026, 11, 29, 15)


def test_days_of_24_hours_run_from_midnight_to_midnight() -> None:
    time = WorkingTime(Calendar(weekend=(), hours_per_day=24), FRIDAY)
    assert time.begins(0) == dt.datetime(2026, 11, 27)
    assert time.ends(24) == time.begins(24) == dt.datetime(2026, 11, 28)


def test_holidays_of_a_region() -> None:
    # Bank holidays of England and Wales 2026 (gov.uk/bank-holidays): Easter Monday 6 April; not one in Scotland.
    thursday = dt.date(2026, 4, 2)  # before Good Friday
    england, scotland = (WorkingTime(Calendar(country="GB", region=r), thursday) for r in ("ENG", "SCT"))
    assert england.begins(8) == dt.datetime(2026, 4, 7, 9)
    assert scotland.begins(8) == dt.datetime(2026, 4, 6, 9)


def test_free_days_of_the_plan() -> None:
    days = [Absence(first=dt.date(2026, 11, 30), last=dt.date(2026, 12, 1)), Absence(first=FRIDAY, last=FRIDAY)]
    time = WorkingTime(Calendar(free_days=tuple(days)), FRIDAY)
    assert time.start == dt.date(2026, 12, 2)
    assert time.ends(9) == dt.datetime(2026, 12, 3, 10)


def test_days_that_are_worked_all_the_same() -> None:
    """Romania works the Saturday after a bridging day; the day of the bridge and Christmas are free."""
    bridge = Absence(first=dt.date(2026, 11, 27), last=dt.date(2026, 11, 27))
    saturday, christmas = dt.date(2026, 11, 28), dt.date(2026, 12, 25)
    time = WorkingTime(Calendar(country="RO", free_days=(bridge,), work_days=(christmas, saturday)), bridge.first)
    assert [time.day(n) for n in range(2)] == [saturday, dt.date(2026, 12, 2)]
    assert time.ends(8) == dt.datetime(2026, 11, 28, 17)
    assert time.days_before(christmas, inclusive=True) - time.days_before(christmas) == 1


def test_free_days_without_end_are_refused() -> None:
    for_ever = Absence(first=dt.date.min, last=dt.date.max)
    with pytest.raises(InputError, match="after the year 2126"):
        WorkingTime(Calendar(free_days=(for_ever,)), FRIDAY)


def test_an_unknown_region_names_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no region 'XX' of DE is known\. Use one of BB, BE"):
        WorkingTime(Calendar(country="DE", region="XX"), FRIDAY)
    with pytest.raises(ValueError, match="needs its country"):
        Calendar(region="BY")


def test_an_unknown_country_says_what_to_do() -> None:
    with pytest.raises(InputError, match=r"'QQ'.*ISO 3166"):
        WorkingTime(Calendar(country="QQ"), FRIDAY)


def test_a_week_without_working_days_is_refused() -> None:
    with pytest.raises(InputError, match="all seven days"):
        WorkingTime(Calendar(weekend=tuple(range(7))), FRIDAY)


@pytest.mark.parametrize("hours_per_day", [8, 1e-300])
def test_work_without_end_is_refused(hours_per_day: float) -> None:
    time = WorkingTime(Calendar(hours_per_day=hours_per_day), FRIDAY)
    with pytest.raises(InputError, match="after the year 2126"):
        time.ends(1e9)


def test_the_last_year_of_the_calendar_is_not_exceeded() -> None:
    with pytest.raises(InputError, match="after the year 9998"):
        WorkingTime(Calendar(), dt.date(9998, 12, 20)).ends(800)


@settings(max_examples=150, deadline=None)
@given(
    st.floats(0, 20_000),
    st.sampled_from(("", "DE", "RO", "US", "GB", "JP")),
    st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31)),
    st.sampled_from((6, 7.5, 8, 12)),
)
def test_hours_to_dates_and_back(hours: float, country: str, start: dt.date, hours_per_day: float) -> None:
    time = WorkingTime(Calendar(country=country, hours_per_day=hours_per_day), start)
    for moment in (time.begins(hours), time.ends(hours)):
        assert abs(time.hours(moment) - hours) <= 0.5 / 60 + 1e-6  # dates are shown to the minute
        assert moment.weekday() < 5
    assert time.ends(hours) <= time.begins(hours)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.dates(dt.date(2024, 1, 1), dt.date(2030, 1, 1)))
def test_whole_days_agree_with_numpy(days: int, start: dt.date) -> None:
    np = pytest.importorskip("numpy")
    time = WorkingTime(Calendar(), start)
    expected = np.busday_offset(np.datetime64(start), days, roll="forward")
    assert time.begins(8.0 * days).date() == expected.item()
