"""``python -m isoill``."""

from isoill.cli import main

raise SystemExit(main())
