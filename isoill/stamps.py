"""When a message says that it was sent: from the time that a caller gives, or else from the messages before it."""

from __future__ import annotations

import datetime

from isoill.types import DateTimeOfService, ServiceDateTime, date_of

__all__ = ["day_of", "key_of", "moment_of", "stamp"]

_SECOND = datetime.timedelta(seconds=1)


def stamp(
    now: datetime.datetime | None, latest: ServiceDateTime, *, original: DateTimeOfService | None = None
) -> ServiceDateTime:
    """The service-date-time of a message that is sent ``now``; ``original`` is that of the message that it repeats.

    isoill has no clock.  Where no time is given, the message is dated a second after the ``latest`` before it: so no
    two of a transaction are alike, and what is replayed comes out the same.

    >>> from isoill.types import DateTimeOfService
    >>> noon = ServiceDateTime(date_time_of_this_service=DateTimeOfService(date="20261122", time="120000"))
    >>> stamp(None, noon).date_time_of_this_service
    DateTimeOfService(date='20261122', time='120001')
    """
    before = latest.date_time_of_this_service
    moment = moment_of(latest)
    if now is not None:
        this = DateTimeOfService.of(now)
    elif moment is None:
        this = before  # a time that no one can read is all that there is, now and then: it is as good as another
    else:
        this = DateTimeOfService.of(min(moment, datetime.datetime.max - _SECOND) + _SECOND)
    return ServiceDateTime(date_time_of_this_service=this, date_time_of_original_service=original)


def key_of(when: ServiceDateTime) -> DateTimeOfService:
    """What tells a service from others of its kind: when it was first invoked, however often it was repeated."""
    return when.date_time_of_original_service or when.date_time_of_this_service


def day_of(date: str | None) -> datetime.date | None:
    """The day that an ISO-Date says; None where there is none, or it is none."""
    try:
        return None if date is None else date_of(date)
    except ValueError:
        return None


def moment_of(when: ServiceDateTime) -> datetime.datetime | None:
    """When a message was sent; None where the text is no date or time."""
    try:
        return when.date_time_of_this_service.moment
    except ValueError:
        return None
