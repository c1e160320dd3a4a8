"""The ASN.1 modules of ISO ILL, as files, for whoever wants a second reading of the declarations in isoill.types."""
