"""The prompt object of Z39.50 access control, by which OCLC's systems are told who asks.

Tags are as in the module AccessControlFormat-prompt-1 of Z39.50: IMPLICIT where it is written, else explicit.
``enummerated`` is that module's spelling.
"""

from typing import Annotated, Self, TypeAlias

from isoill.asn1 import (
    OID,
    Enumerated,
    Explicit,
    Implicit,
    Name,
    Named,
    Null,
    OctetString,
    String,
    TypeName,
    choice,
    sequence,
)
from isoill.oids import register
from isoill.types.common import External

__all__ = [
    "Challenge",
    "ChallengeItem",
    "DefaultDiagFormat",
    "DiagAddinfo",
    "DiagRec",
    "Encryption",
    "EnumeratedPrompt",
    "InternationalString",
    "PromptDataType",
    "PromptId",
    "PromptInfo",
    "PromptObject",
    "PromptResponse",
    "PromptType",
    "Response",
    "ResponseItem",
]

#: InternationalString: GeneralString.
InternationalString: TypeAlias = Annotated[str, String("GeneralString"), TypeName("InternationalString")]


class PromptType(Enumerated):
    """What is asked for; any other number is read as well."""

    GROUP_ID = 0, "groupId"
    USER_ID = 1, "userId"
    PASSWORD = 2
    NEW_PASSWORD = 3, "newPassword"
    COPYRIGHT = 4
    SESSION_ID = 5, "sessionId"


class PromptDataType(Enumerated):
    """What kind of answer is expected; any other number is read as well."""

    INTEGER = 1
    DATE = 2
    FLOAT = 3
    ALPHA_NUMERIC = 4, "alphaNumeric"
    URL_URN = 5
    BOOLEAN = 6


@sequence
class Encryption:
    """Encryption: octets that are enciphered, and how."""

    crypt_type: Annotated[OctetString | None, Implicit(1), Name("cryptType")] = None
    credential: Annotated[OctetString | None, Implicit(2)] = None
    data: Annotated[OctetString, Implicit(3)]


@choice(name="DefaultDiagFormat.addinfo")
class DiagAddinfo:
    """Words about what went wrong, in DefaultDiagFormat."""

    v2_addinfo: Annotated[str | None, String("VisibleString"), Name("v2Addinfo")] = None
    v3_addinfo: Annotated[InternationalString | None, Name("v3Addinfo")] = None


@sequence(name="DefaultDiagFormat")
class DefaultDiagFormat:
    """DefaultDiagFormat: what went wrong, by a number in a list."""

    diagnostic_set_id: Annotated[OID, Name("diagnosticSetId")]
    condition: int
    addinfo: DiagAddinfo


@choice(name="DiagRec")
class DiagRec:
    """DiagRec: what went wrong."""

    default_format: Annotated[DefaultDiagFormat | None, Name("defaultFormat")] = None
    externally_defined: Annotated[External | None, Name("externallyDefined")] = None


@sequence(name="PromptId.enummeratedPrompt")
class EnumeratedPrompt:
    """What is asked for, by number, in PromptId."""

    type: Annotated[int, Implicit(1), Named(PromptType)]
    suggested_string: Annotated[InternationalString | None, Implicit(2), Name("suggestedString")] = None


@choice(name="PromptId")
class PromptId:
    """PromptId: what is asked for, by number or in words."""

    enumerated_prompt: Annotated[EnumeratedPrompt | None, Implicit(1), Name("enummeratedPrompt")] = None
    non_enumerated_prompt: Annotated[InternationalString | None, Implicit(2), Name("nonEnumeratedPrompt")] = None


@choice(name="Challenge.promptInfo")
class PromptInfo:
    """What is shown to the one who is asked, in Challenge."""

    character: Annotated[InternationalString | None, Implicit(1)] = None
    encrypted: Annotated[Encryption | None, Implicit(2)] = None


@sequence(name="Challenge element")
class ChallengeItem:
    """One question, in Challenge."""

    prompt_id: Annotated[PromptId, Explicit(1), Name("promptId")]
    default_response: Annotated[InternationalString | None, Implicit(2), Name("defaultResponse")] = None
    prompt_info: Annotated[PromptInfo | None, Explicit(3), Name("promptInfo")] = None
    reg_expr: Annotated[InternationalString | None, Implicit(4), Name("regExpr")] = None
    response_required: Annotated[Null | None, Implicit(5), Name("responseRequired")] = None
    allowed_values: Annotated[tuple[InternationalString, ...] | None, Implicit(6), Name("allowedValues")] = None
    should_save: Annotated[Null | None, Implicit(7), Name("shouldSave")] = None
    data_type: Annotated[int | None, Implicit(8), Named(PromptDataType), Name("dataType")] = None
    diagnostic: Annotated[External | None, Implicit(9)] = None


@choice(name="Response.promptResponse")
class PromptResponse:
    """An answer, in Response."""

    string: Annotated[InternationalString | None, Implicit(1)] = None
    accept: Annotated[bool | None, Implicit(2)] = None
    acknowledge: Annotated[Null | None, Implicit(3)] = None
    diagnostic: Annotated[DiagRec | None, Explicit(4)] = None
    encrypted: Annotated[Encryption | None, Implicit(5)] = None


@sequence(name="Response element")
class ResponseItem:
    """One question and the answer to it, in Response."""

    prompt_id: Annotated[PromptId, Explicit(1), Name("promptId")]
    prompt_response: Annotated[PromptResponse, Explicit(2), Name("promptResponse")]


#: Challenge: the questions.
Challenge: TypeAlias = Annotated[tuple[ChallengeItem, ...], TypeName("Challenge")]
#: Response: the answers.
Response: TypeAlias = Annotated[tuple[ResponseItem, ...], TypeName("Response")]


@register("1.2.840.10003.8.1")
@choice(name="PromptObject")
class PromptObject:
    """PromptObject: questions, or answers to questions that were agreed upon: who asks, and the password.

    >>> PromptObject.logon("100-000-001", "example").answer(PromptType.USER_ID)
    '100-000-001'
    """

    challenge: Annotated[Challenge | None, Implicit(1)] = None
    response: Annotated[Response | None, Implicit(2)] = None

    @classmethod
    def logon(cls, user_id: str, password: str) -> Self:
        """The two answers that OCLC wants in the first request on a connection: authorization and password.

        Captured from yaz-illclient; OCLC takes the authorization with hyphens and without.
        """

        def item(prompt: PromptType, text: str) -> ResponseItem:
            prompt_id = PromptId(enumerated_prompt=EnumeratedPrompt(type=int(prompt)))
            return ResponseItem(prompt_id=prompt_id, prompt_response=PromptResponse(string=text))

        return cls(response=(item(PromptType.USER_ID, user_id), item(PromptType.PASSWORD, password)))

    def answer(self, prompt: PromptType, /) -> str | None:
        """The text that answers a question by number; None where there is none."""
        for item in self.response or ():
            asked = item.prompt_id.enumerated_prompt
            if asked is not None and asked.type == prompt:
                return item.prompt_response.string
        return None
