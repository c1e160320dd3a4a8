"""Profiles: what kinds of partners accept, as data that a program can use.

>>> import isoill
>>> from pathlib import Path
>>> request = isoill.decode(Path("examples/messages/ill-request.ber").read_bytes())
>>> for finding in isoill.get_profile("alma").check(request):
...     print(finding)
warning: Alma recommends an APDU-Delivery-Info, by which it knows sender and receiver; found none that is
APDU-Delivery-Info (1.0.10161.13.3) - at ILL-Request.extensions [alma-delivery-info]

A profile says what is known of a kind of partner, with its source: to have no finding is not a promise.
"""

from isoill.profiles.contact import Contact
from isoill.profiles.partner import PROFILES, PartnerError, get_profile, load_profile
from isoill.profiles.profile import Change, Listener, Prepared, Profile, Service, Support
from isoill.profiles.rules import (
    Fault,
    Faults,
    Finding,
    Rule,
    Severity,
    Subject,
    Test,
    checked,
    every,
    filled,
    present,
    refuse,
    together,
)
from isoill.services import Role, Transport

__all__ = [
    "PROFILES",
    "Change",
    "Contact",
    "Fault",
    "Faults",
    "Finding",
    "Listener",
    "PartnerError",
    "Prepared",
    "Profile",
    "Role",
    "Rule",
    "Service",
    "Severity",
    "Subject",
    "Support",
    "Test",
    "Transport",
    "checked",
    "every",
    "filled",
    "get_profile",
    "load_profile",
    "present",
    "refuse",
    "together",
]
