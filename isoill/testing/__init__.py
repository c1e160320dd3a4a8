"""For those who test what they build on isoill: any message as a hypothesis strategy, and a second decoder.

>>> from hypothesis import given
>>> import isoill.codec
>>> from isoill.testing import apdus
>>> @given(apdus())
... def test_reads_what_it_writes(apdu):
...     assert isoill.codec.decode(isoill.codec.encode(apdu)) == apdu

``isoill.testing.reference`` reads and writes the same octets by another road, asn1tools.  Both need the extra:
``pip install 'isoill[testing]'``.
"""

try:
    import hypothesis  # noqa: F401 - asked for here, so that its absence is told in one place
except ImportError as error:
    raise ImportError("isoill.testing needs hypothesis: pip install 'isoill[testing]'") from error

from isoill.testing import reference
from isoill.testing.forms import Written, rewritten
from isoill.testing.strategies import apdus, values

__all__ = ["Written", "apdus", "reference", "rewritten", "values"]
