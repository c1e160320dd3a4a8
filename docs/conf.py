"""How Sphinx makes the documentation: ``python -m sphinx -W -n docs OUT`` from the root of the repository."""

import sys
from pathlib import Path

import isoill

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "isoill"
author = "The isoill developers"
project_copyright = author
version = release = isoill.__version__

extensions = ["sphinx.ext.autodoc", "declared", "states", "behaviour"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"isoill {release}"
html_static_path = ["_static"]
html_css_files = ["conformance.css", "states.css"]
html_show_copyright = False

default_role = "py:obj"
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# Instead of what the alias stands for: a union of twenty classes is no help.
autodoc_type_aliases = {"ILLAPDU": "isoill.ILLAPDU"}
toc_object_entries_show_parents = "hide"

# Names of other projects: there is no link to them, so that the documentation is built without a network.
nitpick_ignore_regex = [
    (r"py:\w+", r"(asyncio|collections\.abc|concurrent|dataclasses|datetime|email|enum|hypothesis)\..*"),
    (r"py:\w+", r"(ipaddress|os|pathlib|pymarc|random|sqlalchemy|ssl)\..*"),
    ("py:class", r"(isoill\.[\w.]+\.)?[A-Z]"),  # type variables
]
