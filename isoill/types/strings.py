"""Texts: ILL-String and its aliases, dates and times, and the way from and to ``datetime``."""

import datetime
from typing import Annotated, TypeAlias

from isoill.asn1 import Alphabet, String, TypeName

__all__ = [
    "AccountNumber",
    "AmountString",
    "EDIFACTString",
    "ILLString",
    "ISODate",
    "ISOTime",
    "PrintableString",
    "SecurityProblem",
    "TransportationMode",
    "date_of",
    "iso_date",
    "iso_time",
    "time_of",
]

#: The characters of EDIFACTString, as the module's comment lists them (rule ST-2).
EDIFACT_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,-()/=!\"%&*;<>'+:?"

#: EDIFACTString: VisibleString of the characters that EDIFACT has.
EDIFACTString: TypeAlias = Annotated[
    str, String("VisibleString"), Alphabet(EDIFACT_CHARACTERS), TypeName("EDIFACTString")
]
#: ILL-String: text for people; a plain ``str`` is written as GeneralString, a `VisibleString` as EDIFACTString.
ILLString: TypeAlias = Annotated[str, String("GeneralString", "VisibleString"), TypeName("ILL-String")]
#: Account-Number: the account to charge.
AccountNumber: TypeAlias = Annotated[str, String("GeneralString", "VisibleString"), TypeName("Account-Number")]
#: Security-Problem: why a message was refused as unsafe, in words.
SecurityProblem: TypeAlias = Annotated[str, String("GeneralString", "VisibleString"), TypeName("Security-Problem")]
#: Transportation-Mode: how a parcel travels, in words.
TransportationMode: TypeAlias = Annotated[
    str, String("GeneralString", "VisibleString"), TypeName("Transportation-Mode")
]
#: ISO-Date: a day as YYYYMMDD; `iso_date` and `date_of` turn it from and to ``datetime.date``.
ISODate: TypeAlias = Annotated[str, String("VisibleString"), TypeName("ISO-Date")]
#: ISO-Time: a local time as HHMMSS; `iso_time` and `time_of` turn it from and to ``datetime.time``.
ISOTime: TypeAlias = Annotated[str, String("VisibleString"), TypeName("ISO-Time")]
#: AmountString: a sum of money in digits, spaces, points and commas; ``$35`` is seen in the field.
AmountString: TypeAlias = Annotated[str, String("PrintableString"), Alphabet("0123456789 .,"), TypeName("AmountString")]
#: PrintableString, as the currency code is.
PrintableString: TypeAlias = Annotated[str, String("PrintableString")]


def iso_date(day: datetime.date) -> str:
    """A day as ISO-Date.

    >>> iso_date(datetime.date(2003, 6, 26))
    '20030626'
    """
    return f"{day.year:04}{day.month:02}{day.day:02}"


def iso_time(time: datetime.time) -> str:
    """A time as ISO-Time, in whole seconds; the standard has local time, so a time zone is not written.

    >>> iso_time(datetime.time(19, 55, 43))
    '195543'
    """
    return f"{time.hour:02}{time.minute:02}{time.second:02}"


def date_of(text: str) -> datetime.date:
    """The day that an ISO-Date says; ValueError where it says none, as ``19991332``.

    >>> date_of("20030626")
    datetime.date(2003, 6, 26)
    """
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        raise ValueError(f"expected a date as YYYYMMDD, found {text!r}")
    return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def time_of(text: str) -> datetime.time:
    """The time that an ISO-Time says; four digits are read as HHMM, as some systems write them.

    >>> time_of("195543"), time_of("0930")
    (datetime.time(19, 55, 43), datetime.time(9, 30))
    """
    if len(text) not in (4, 6) or not (text.isascii() and text.isdigit()):
        raise ValueError(f"expected a time as HHMMSS, found {text!r}")
    return datetime.time(int(text[:2]), int(text[2:4]), int(text[4:] or 0))
