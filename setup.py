"""Builds the compiled core; everything else about the package is in pyproject.toml.

``ISOILL_DEBUG=1 pip install .`` builds it with its bounds checks and C assertions on, and without optimisation.
"""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

debug = os.environ.get("ISOILL_DEBUG", "0") not in ("", "0")

core = Extension(
    "isoill._ber",
    ["isoill/_ber.pyx"],
    define_macros=[("ISOILL_DEBUG", "1")] if debug else [("CYTHON_WITHOUT_ASSERTIONS", "1")],
    undef_macros=["NDEBUG"] if debug else [],
    extra_compile_args=[] if os.name == "nt" else ["-O0", "-g"] if debug else ["-O3"],
)

setup(ext_modules=cythonize([core], language_level=3))  # type: ignore[no-untyped-call]
