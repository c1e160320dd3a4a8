"""The tree is the architecture: imports point only towards lower layers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

#: The layer of each module; a package stands for what is in it.
LAYERS = {
    "errors": 0,
    "records": 0,
    "notations": 0,
    "asn1": 1,
    "_ber": 1,
    "oids": 1,
    "dialects": 2,
    "types": 2,
    "payloads": 2,
    "services": 3,
    "parts": 3,
    "transitions": 4,
    "matching": 4,
    "agreement": 5,
    "stamps": 4,
    "problems": 4,
    "facts": 5,
    "keeping": 6,
    "composing": 6,
    "transaction": 7,
    "intermediary": 8,
    "ledger": 8,
    "framing": 3,
    "codec": 3,
    "plain": 3,
    "dump": 3,
    "profiles": 4,
    "marc": 4,
    "ids": 4,
    "verdicts": 5,
    "connection": 5,
    "mail": 5,
    "aio": 7,
    "blocking": 7,
    "addresses": 4,
    "mime": 4,
    "partners": 7,
    "store": 9,
    "writing": 10,
    "desk": 10,
    "admission": 6,
    "post": 7,
    "present": 8,
    "courier": 10,
    "link": 7,
    "node": 11,
    "explaining": 10,
    "conformance": 10,
    "testing": 12,
    "__init__": 9,
    "terminal": 0,
    "logs": 0,
    "acting": 8,
    "serving": 12,
    "operating": 14,
    "mocking": 13,
    "cli": 15,
    "__main__": 16,
}
#: Imports within a layer.
BESIDE = {
    ("errors", "records"),
    ("_ber", "asn1"),
    ("oids", "asn1"),
    ("codec", "framing"),
    ("payloads", "types"),
    ("dump", "codec"),
    ("problems", "stamps"),
    ("aio", "link"),
}
PACKAGE = ROOT / "isoill"


def module_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(path.suffix)


def imported(path: Path) -> set[str]:
    """The modules of isoill that a file names in its imports, those inside functions included."""
    if path.suffix == ".pyx":
        lines = [line for line in path.read_text().splitlines() if line.startswith("from isoill.")]
        return {line.split()[1].split(".")[1] for line in lines}
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "isoill":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {
                [*alias.name.split("."), "__init__"][1] for alias in node.names if alias.name.startswith("isoill")
            }
    return found


@pytest.mark.parametrize("path", sorted([*PACKAGE.rglob("*.py"), PACKAGE / "_ber.pyx"]), ids=lambda p: p.name)
def test_imports_point_to_lower_layers(path: Path) -> None:
    module = module_of(path)
    assert module in LAYERS, f"{path.name} has no layer yet"
    for other in imported(path) & LAYERS.keys():
        below = LAYERS[other] < LAYERS[module]
        assert below or other == module or (module, other) in BESIDE, f"{module} imports {other}"


def loaded(statement: str) -> set[str]:
    """What is loaded after a statement in a fresh interpreter."""
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_importing_isoill_loads_no_more_than_it_needs() -> None:
    modules = loaded("import isoill")
    assert not modules & {"asyncio", "argparse", "isoill.cli", "hypothesis", "asn1tools", "socket", "email", "logging"}
    standard = sys.stdlib_module_names
    foreign = {name.split(".")[0] for name in modules - loaded("pass")} - standard - {"isoill"}
    assert not {name for name in foreign if not name.startswith(("_", "cython"))}
