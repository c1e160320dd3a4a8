"""What describes an item, in ``supplemental_item_description``; and the parameters of electronic delivery.

A record in MARC or another syntax of Z39.50 is no value of a type: it is octets, under the identifier of the syntax.
`isoill.marc` reads and writes those.
"""

from typing import Annotated, TypeAlias

from isoill.asn1 import Explicit, TypeName, sequence
from isoill.oids import register
from isoill.types.strings import ILLString

__all__ = ["SICI", "EDeliveryParameters", "ItemLanguageTranslation", "WantedLanguage"]

#: SICI: a Serial Item and Contribution Identifier (ANSI/NISO Z39.56), as text.
#: Inferred: that the IPIG profile has a SICI here is known; its number and its type were not to be found.
SICI: TypeAlias = Annotated[ILLString, TypeName("SICI")]


@sequence(name="Item-Language-Translation element")
class WantedLanguage:
    """One language in which the item is wanted, by ISO 639-2, or ``ANY``."""

    language: Annotated[ILLString, Explicit(0)]


#: Item-Language-Translation: in which languages the item is wanted;
#: ``requested_material_language`` of IPIG-ILL-Request-Extension has superseded it.
#: Inferred: that each element is a SEQUENCE; in the register the word between OF and the brace is missing.
ItemLanguageTranslation: TypeAlias = Annotated[tuple[WantedLanguage, ...], TypeName("Item-Language-Translation")]

#: JEDDS-ILL-Edelivery-Parameters: how a document travels: ``GEDI``, ``Ariel MIME``, ``Ariel FTP``, ``FAX``.
EDeliveryParameters: TypeAlias = Annotated[tuple[ILLString, ...], TypeName("JEDDS-ILL-Edelivery-Parameters")]

register("1.0.10161.7.1", SICI)
register("1.0.10161.7.2", ItemLanguageTranslation)
register("1.0.10161.10.1000.7.1", EDeliveryParameters)
