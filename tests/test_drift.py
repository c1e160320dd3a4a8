"""The declarations say what the modules say, and nothing else: each type of each is compared with the other's.

Both sides are put into one plain form, dicts of ASN.1's own words, and the forms are compared key by key.  Where the
two differ by design, a line below says so; where they differ otherwise, `differences` names the place.
"""

import copy
import importlib
import re
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest

import isoill.payloads
import isoill.types
from isoill.asn1 import (
    STRING_TAGS,
    Alphabet,
    Among,
    Component,
    Enumerated,
    Kind,
    Range,
    Size,
    TagClass,
    Type,
    fields_of,
    type_of,
)
from isoill.payloads import registered, registered_as
from isoill.testing import reference

asn1tools = importlib.import_module("asn1tools")

Form = dict[str, Any]

TEXT = reference.module_text()
MODULES: dict[str, Form] = asn1tools.parse_string(TEXT)
ILL = MODULES["ISO-10161-ILL-1"]
TYPES: dict[str, Form] = {name: described for module in MODULES.values() for name, described in module["types"].items()}

#: The object identifier of each module that has one: that of the payload that it is of, and of Z39.50.
IDENTIFIERS = {
    name: arcs.replace(" ", ".") for name, arcs in re.findall(r"^([\w-]+) \{([\d ]+)\} DEFINITIONS", TEXT, re.MULTILINE)
}

#: The module has 88 types; the 89th writes out the EXTERNAL of X.208 (specs/README.rst, 2).
EXTERNAL = "External"

#: Characters that the module takes from EDIFACTString and asn1tools does not (specs/README.rst, 7).
[EXCEPTED] = re.findall(r'EDIFACTString ::= VisibleString \(FROM \(ALL EXCEPT "([^"]*)"\)\)', TEXT)


# ── the side of the modules ────────────────────────────────────────────────────────────────────────────────────────


def parsed_form(described: Form, *, excepted: str = "") -> Form:
    """A type, or a component, as asn1tools parses it; a key that is not understood stays as it is, to be noticed."""
    rest = {key: value for key, value in described.items() if key != "name"}
    form: Form = {"type": rest.pop("type")}
    if "tag" in rest:
        tag = rest.pop("tag")
        explicit = tag.pop("kind", "EXPLICIT") == "EXPLICIT" if (tag := dict(tag)) else None
        form["tag"] = (tag.pop("class", "CONTEXT"), tag.pop("number"), "EXPLICIT" if explicit else "IMPLICIT")
        assert not tag
    if "members" in rest:
        form["members"] = {member["name"]: parsed_form(member) for member in rest.pop("members")}
        form["order"] = list(form["members"])
    if "element" in rest:
        form["element"] = parsed_form(rest.pop("element"))
    if "values" in rest:
        form["values"] = [tuple(value) for value in rest.pop("values")]
    if "size" in rest:
        form["size"] = bounds(rest.pop("size"))
    if "with-components" in rest:  # the size of an ILL-String is a constraint on its alternatives (specs/README.rst, 6)
        _, *alternatives = rest.pop("with-components")
        [form["size"]] = {bounds(limits["size"]) for _, limits in alternatives}
    if "restricted-to" in rest:
        restriction = rest.pop("restricted-to")
        if all(isinstance(value, str) for value in restriction):
            form["among"] = restriction
        else:
            form["range"] = bounds(restriction)
    if "from" in rest:
        allowed = {chr(code) for first, last in rest.pop("from") for code in range(ord(first), ord(last) + 1)}
        form["alphabet"] = sorted(allowed - set(excepted))
    form["named numbers"] = rest.pop("named-numbers", {})
    form["optional"] = rest.pop("optional", False)
    if "default" in rest:
        form["default"] = rest.pop("default")
    return form | rest


def bounds(limits: list[Any]) -> tuple[int, int]:
    """``[3]`` and ``[(1, 5)]``, which are the two forms of one range."""
    [limit] = limits
    return limit if isinstance(limit, tuple) else (limit, limit)


# ── the side of the declarations ───────────────────────────────────────────────────────────────────────────────────

ILL_STRING = type_of(isoill.types.ILLString)


def declared_form(type_: Type, types: dict[str, Form], *, outermost: bool = False) -> Form:
    """A type as it is declared; what has a name in the module is only named, unless it is ``outermost``."""
    constraints = {type(constraint): constraint for constraint in type_.constraints}
    form: Form = {"named numbers": {}, "optional": False}
    if type_.named is not None:
        form["named numbers"] = {value.asn1_name: int(value) for value in type_.named}
    if outermost and type_.tag is not None:
        form["tag"] = tag_form(type_.tag)
    name = EXTERNAL if type_.name == "EXTERNAL" else type_.name
    if name in types and not outermost:
        form["type"] = name
        alias = type_of(DECLARED[python_name(name)])
        for limit in alias.constraints:  # those of the named type itself are its own affair
            if constraints.get(type(limit)) is limit:
                del constraints[type(limit)]
    elif type_.kind is Kind.STRING and len(type_.strings) > 1:
        form |= text_form(type_, types)
    elif Among in constraints:
        form["type"] = named(type_of(type_.python), types)
    else:
        form |= own_form(type_, types)
    for constraint in constraints.values():
        match constraint:
            case Size(least, most):
                form["size"] = (least, most)
            case Range(least, most):
                form["range"] = (least, most)
            case Alphabet(characters):
                form["alphabet"] = sorted(characters)
            case Among():
                form["among"] = [value.asn1_name for value in constraint.values]
    return form


def own_form(type_: Type, types: dict[str, Form]) -> Form:
    """What a type is made of."""
    if type_.kind in (Kind.SEQUENCE, Kind.CHOICE):
        assert type_.python is not None
        base = type_.python.__mro__[1]
        if hasattr(base, "__components__") and fields_of(base) == fields_of(type_.python):  # the same by another name
            return {"type": named(type_of(base), types)}
        members = {c.asn1_name: component_form(c, type_, types) for c in fields_of(type_.python)}
        return {"type": type_.kind.asn1_name, "members": members, "order": list(members)}
    if type_.kind is Kind.UNION:  # the APDU; identifiers of its alternatives are ours (specs/README.rst, 1)
        members = {arm.name.lower(): declared_form(arm, types) for arm in type_.alternatives}
        return {"type": "CHOICE", "members": members, "order": list(members)}
    if type_.kind is Kind.SEQUENCE_OF:
        assert type_.element is not None
        return {"type": "SEQUENCE OF", "element": declared_form(type_.element, types)}
    if type_.kind is Kind.ENUMERATED:
        assert type_.python is not None
        return {"type": "ENUMERATED", "values": [(value.asn1_name, int(value)) for value in type_.python]}
    if type_.kind is Kind.STRING:
        return {"type": type_.strings[0]}
    return {"type": type_.kind.asn1_name}


def text_form(type_: Type, types: dict[str, Form]) -> Form:
    """ILL-String, and the aliases of it; of its two alternatives one is EDIFACTString, a VisibleString."""
    assert type_.strings == ILL_STRING.strings == ("GeneralString", "VisibleString")
    if type_.name != "ILL-String":
        return {"type": "ILL-String"}
    edifact = type_of(isoill.types.EDIFACTString)
    assert edifact.strings == ("VisibleString",)
    plain: Form = {"named numbers": {}, "optional": False}
    members = {"general-string": {"type": "GeneralString"} | plain, "edifact-string": declared_form(edifact, types)}
    return {"type": "CHOICE", "members": members, "order": list(members)}


def component_form(component: Component, within: Type, types: dict[str, Form]) -> Form:
    """A component of a SEQUENCE, or an alternative of a CHOICE, which is optional in Python only."""
    form = declared_form(component.type, types)
    form["optional"] = component.optional and within.kind is Kind.SEQUENCE
    if component.tag is not None:
        form["tag"] = tag_form(component.tag)
    if component.has_default:
        default = component.default
        form["default"] = default.asn1_name if isinstance(default, Enumerated) else default
    return form


def tag_form(tag: Any) -> tuple[str, int, str]:
    return TagClass(tag.tag_class).name, tag.number, "EXPLICIT" if tag.explicit else "IMPLICIT"


def named(type_: Type, types: dict[str, Form]) -> str:
    assert type_.name in types, type_
    return type_.name


# ── the comparison ─────────────────────────────────────────────────────────────────────────────────────────────────


def python_name(name: str) -> str:
    """The rule of names for types: ``Status-Or-Error-Report`` is StatusOrErrorReport."""
    return PYTHON_NAMES.get(name, name.replace("-", ""))


#: Where the rule does not give it: other capitals, words left out, and names that say whose they are.
PYTHON_NAMES = {
    "IPIG-system-number": "IPIGSystemNumber",
    "JEDDS-ILL-Edelivery-Parameters": "EDeliveryParameters",
    "National-bibliography": "CanadianNationalBibliography",
    "National-bibliography-no": "CanadianNationalBibliographyNo",
    "OCLC-Prism-Ill-Error": "OCLCPrismILLError",
    "Record-no": "CanadianRecordNo",
    "System": "CanadianSystem",
    "System-no": "CanadianSystemNo",
}


def declarations() -> dict[str, Any]:
    """Everything that is declared, by name: not the functions beside it, nor the base class of the APDUs."""
    found = {}
    for module in (isoill.types, isoill.payloads):
        for name in module.__all__:
            value = getattr(module, name)
            try:
                type_of(value)
            except TypeError:
                continue
            found[name] = value
    del found["Apdu"]
    return found


DECLARED = declarations()


def differences(types: dict[str, Form]) -> list[str]:
    """Where the modules and the declarations part, in both directions."""
    found: list[str] = []
    forms: dict[str, Form] = {}
    for name, described in types.items():
        if python_name(name) not in DECLARED:
            found.append(f"{name}: in the module, not declared")
            continue
        type_ = type_of(DECLARED[python_name(name)])
        forms[name] = declared_form(type_, types, outermost=True)
        if type_.name != name and (type_.name, name) not in BY_DESIGN:
            found.append(f"{name}: declared as {type_.name}")
        excepted = EXCEPTED if name == "EDIFACTString" else ""
        found += compare(name, parsed_form(described, excepted=excepted), forms[name])
    inline = {type_.name for name in types if python_name(name) in DECLARED for type_ in inline_types(name, types)}
    for name, annotation in DECLARED.items():
        type_ = type_of(annotation)
        if not {type_.name, name} & ({python_name(it) for it in types} | set(types) | inline | set(STRING_TAGS)):
            found.append(f"{name}: declared, not in the module")
    return found


#: What a declaration calls otherwise than the module: the outermost CHOICE is a Python union, EXTERNAL a built-in type.
BY_DESIGN = {(type_of(isoill.types.ILLAPDU).name, "ILL-APDU"), ("EXTERNAL", EXTERNAL)}


def inline_types(name: str, types: dict[str, Form]) -> list[Type]:
    """The declared types that a module writes inside the one of that name."""

    def inside(type_: Type) -> list[Type]:
        if (EXTERNAL if type_.name == "EXTERNAL" else type_.name) in types:
            return []
        return [type_, *below(type_)]

    def below(type_: Type) -> list[Type]:
        found = [of for arm in type_.alternatives for of in inside(arm)]
        if type_.element is not None:
            found += inside(type_.element)
        if type_.kind in (Kind.SEQUENCE, Kind.CHOICE) and type_.python is not None:
            found += [of for component in fields_of(type_.python) for of in inside(component.type)]
        if type_.named is not None:
            found.append(type_of(type_.named))
        return found

    return below(type_of(DECLARED[python_name(name)]))


def compare(where: str, module: Any, declared: Any) -> list[str]:
    """The places where two forms differ."""
    if isinstance(module, dict) and isinstance(declared, dict):
        return [
            line
            for key in sorted(module.keys() | declared.keys())
            for line in compare(f"{where}.{key}", module.get(key, "nothing"), declared.get(key, "nothing"))
        ]
    if module == declared and type(module) is type(declared):
        return []
    return [f"{where}: {module!r} in the module, {declared!r} declared"]


def test_the_modules_and_the_declarations_agree() -> None:
    assert differences(TYPES) == []


def test_the_modules_are_whole() -> None:
    assert {module["tags"] for module in MODULES.values()} == {"EXPLICIT"}
    assert len(ILL["types"]) == 88 + 1
    assert set(ILL["values"]) == {"loan", "copy-non-returnable"}  # for asn1tools (specs/README.rst, 9)
    assert set(EXCEPTED) == {"#", "$"}
    assert len(TYPES) == sum(len(module["types"]) for module in MODULES.values())  # no name is in two of them
    asn1tools.compile_string(TEXT, "ber")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_what_it_needs(name: str) -> None:
    module = MODULES[name]
    used = {part["type"] for described in module["types"].values() for part in (described, *within(described))}
    imported = {each: other for other, imports in module["imports"].items() for each in imports}
    assert imported.keys() == used & TYPES.keys() - module["types"].keys()
    assert all(each in MODULES[other]["types"] for each, other in imported.items())


def test_each_payload_has_the_object_identifier_of_its_module() -> None:
    found = {}
    for name, annotation in DECLARED.items():
        try:
            found[registered_as(annotation).oid] = name
        except LookupError:
            continue
    first = {oid: python_name(next(iter(MODULES[name]["types"]))) for name, oid in IDENTIFIERS.items()}
    assert first.pop("1.2.840.10003.2.1") == "DiagRec"  # Z39.50 itself, of which the prompt object needs a part
    assert found == first
    assert registered("1.2.840.10003.2.1") is None
    assert MODULES.keys() - IDENTIFIERS.keys() == {"ISO-10161-ILL-1"}


@pytest.mark.parametrize("package", [isoill.types, isoill.payloads], ids=lambda package: package.__name__)
def test_every_class_and_alias_is_exported(package: ModuleType) -> None:
    modules = [importlib.import_module(f"{package.__name__}.{each.name}") for each in iter_modules(package.__path__)]
    for module in modules:
        assert set(module.__all__) <= set(package.__all__)
    for cls in Enumerated.__subclasses__():
        if cls.__module__.startswith(f"{package.__name__}."):
            assert cls.__name__ in package.__all__


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def rule(asn1_name: str) -> str:
    """The rule of names for components and values: words are parted by ``_``, be they by a hyphen or a capital.

    A lower-case letter that X.208 forces before capitals is no word: ``sHIPPED``, ``uNESCO-voucher``, ``phD``.
    """
    if asn1_name.endswith("-extensions"):  # each APDU calls its own otherwise
        return "extensions"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", asn1_name).replace("-", "_").lower()
    return SPELT.get(asn1_name, parted)


#: Where the rule does not give it: capitals that run on, and words that a module misspells.
SPELT = {
    "oCLCILLServiceType": "oclc_ill_service_type",
    "unsupportedILLServiceType": "unsupported_ill_service_type",
    "invalidILLServiceType": "invalid_ill_service_type",
    "enummeratedPrompt": "enumerated_prompt",
    "teleponeExtension": "telephone_extension",
    "serial-electonic": "serial_electronic",
}


def test_components_are_named_by_the_rule() -> None:
    for annotation in DECLARED.values():
        if hasattr(annotation, "__components__"):
            for component in fields_of(annotation):
                assert component.name == rule(component.asn1_name), (annotation, component)


def test_values_are_named_by_the_rule() -> None:
    for annotation in DECLARED.values():
        if isinstance(annotation, type) and issubclass(annotation, Enumerated):
            for value in annotation:
                assert value.name == rule(value.asn1_name).upper()


# ── it can fail ────────────────────────────────────────────────────────────────────────────────────────────────────


def within(described: Form) -> list[Form]:
    """All that is written inside a type, at any depth."""
    inside = [*described.get("members", ()), *([described["element"]] if "element" in described else ())]
    return [of for part in inside for of in (part, *within(part))]


def member(types: dict[str, Form], owner: str, name: str) -> Form:
    """The component of that name, also in what is written inside the owner."""
    return next(part for part in within(types[owner]) if part.get("name") == name)


def swapped(members: list[Any]) -> list[Any]:
    return [members[1], members[0], *members[2:]]


#: Type, component (also of what is written inside the type), key, and what it is altered to: None leaves it out, a
#: function is applied to what is there.
ALTERATIONS: list[tuple[str, str, str, Any]] = [
    ("Shipped", "responder-address", "tag", {"number": 23, "kind": "IMPLICIT"}),
    ("Renew", "", "tag", {"number": 13, "class": "PRIVATE"}),
    ("Damaged", "damaged-extensions", "tag", {"number": 49}),
    ("Overdue", "overdue-extensions", "tag", {"number": 49, "kind": "IMPLICIT"}),
    ("Amount", "monetary-value", "tag", None),
    ("Supply-Details", "shipped-via", "tag", {"number": 9}),
    ("Electronic-Delivery-Service", "document-type-id", "tag", {"number": 0, "kind": "IMPLICIT"}),
    ("Send-To-List-Type", "account-number", "tag", {"number": 1, "kind": "IMPLICIT"}),
    ("Message", "note", "optional", True),
    ("System-Id", "person-or-institution-symbol", "optional", None),
    ("Date-Due", "renewable", "default", False),
    ("ILL-Request", "place-on-hold", "default", None),
    ("Extension", "identifier", "default", 1),
    ("ILL-Request", "iLL-service-type", "size", [(1, 6)]),
    ("Amount", "currency-code", "size", [4]),
    ("Item-Id", "iSSN", "with-components", None),
    ("Units-Per-Medium-Type", "no-of-units", "restricted-to", [(0, 9999)]),
    ("AmountString", "", "from", lambda ranges: [*ranges, ("$", "$")]),
    ("EDIFACTString", "", "from", lambda ranges: ranges[1:]),
    ("Shipped-Service-Type", "", "restricted-to", ["loan"]),
    ("Current-State", "", "values", lambda listed: [("not-supplied", 1), *listed[1:]]),
    ("Medium-Type", "", "values", lambda listed: [listed[0], ("microform", 2), *listed[2:]]),
    ("Retry-Results", "reason-not-available", "values", lambda listed: [*listed, ("lost", 3)]),
    ("Report-Source", "", "values", swapped),
    ("Lost", "protocol-version-num", "named-numbers", {"version-1": 1, "version-2": 2, "version-3": 3}),
    ("Cancel", "requester-id", "type", "Client-Id"),
    ("ISO-Date", "", "type", "GeneralString"),
    ("ILL-String", "general-string", "type", "UTF8String"),
    ("Already-Tried-List-Type", "", "element", {"type": "System-Address"}),
    ("Transaction-Id", "", "members", swapped),
    ("ILL-APDU", "", "members", swapped),
    ("Client-Id", "", "members", lambda members: members[:-1]),
    ("Expired", "", "members", lambda members: [*members, {"name": "note", "type": "ILL-String"}]),
    ("Client-Id", "", "parameters", ["X"]),  # a word that the comparison does not know
    # of the payloads
    ("APDU-Delivery-Parameters", "encoding", "size", [(1, 4)]),
    ("APDU-Encoding", "", "values", swapped),
    ("ClientInfoData", "infoType", "tag", {"number": 1}),
    ("ClientInfoContent", "nested", "type", "ClientInfoContent"),
    ("ClientInfoContent", "nested", "tag", {"number": 6}),
    ("Standard-Client-Info-Type", "", "values", lambda listed: listed[:-1]),
    ("Forwarded-Add-Info", "", "type", "Retry-Results"),
    ("Additional-User-Error-Report-Info", "unrecognized-data", "tag", {"number": 7}),
    ("Identifier", "", "type", "GeneralString"),
    ("Payment-Type", "name-on-card", "tag", {"number": 5}),
    ("Payment-Type", "cash", "type", "BOOLEAN"),
    ("Dissertation-Thesis", "type", "optional", None),
    ("IPIG-system-number", "type", "tag", {"number": 0}),
    ("Record-no", "", "with-components", None),
    ("System-no", "", "size", [(1, 9)]),
    ("System", "", "values", lambda listed: [*listed[:2], ("oclc", 4), *listed[3:]]),
    ("OCLC-Prism-Ill-Error", "prism-Ill-Error-Code", "values", swapped),
    ("Service-Request-Extension", "service", "values", lambda listed: [("iLL-REQUEST", 1), *listed]),
    ("Intermediary-Responder-Control", "resultsExplanation", "optional", None),
    ("Intermediary-Responder-Control", "unfilled-results", "tag", {"number": 3, "kind": "IMPLICIT"}),
    ("Challenge", "diagnostic", "tag", {"number": 9}),
    ("Challenge", "allowedValues", "element", {"type": "ILL-String"}),
    ("PromptId", "type", "named-numbers", {"groupId": 1}),
    ("Response", "promptResponse", "tag", {"number": 3}),
    ("DefaultDiagFormat", "v2Addinfo", "type", "IA5String"),
    ("Encryption", "data", "optional", True),
    ("InternationalString", "", "type", "UTF8String"),
]


@pytest.mark.parametrize(("owner", "name", "key", "value"), ALTERATIONS)
def test_an_alteration_is_noticed(owner: str, name: str, key: str, value: Any) -> None:
    types = copy.deepcopy(TYPES)
    altered = member(types, owner, name) if name else types[owner]
    if value is None:
        del altered[key]
    else:
        altered[key] = value(altered[key]) if callable(value) else value
    assert [line for line in differences(types) if line.startswith(f"{owner}.") and name in line]


def test_a_type_more_or_less_is_noticed() -> None:
    more = {**TYPES, "Retry-Reason": {"type": "INTEGER"}}
    assert differences(more) == ["Retry-Reason: in the module, not declared"]
    fewer = {name: TYPES[name] for name in TYPES if name not in ("ILL-APDU", "Report-Source", "SICI", "System-no")}
    noticed = differences(fewer)
    assert "ILLAPDU: declared, not in the module" in noticed
    assert "SICI: declared, not in the module" in noticed
    assert "CanadianSystemNo: declared, not in the module" in noticed
    assert [line for line in noticed if line.startswith("Error-Report.members.report-source")]
