"""What pytest leaves alone here: the extension of Sphinx, which is asked for only where Sphinx is."""

collect_ignore_glob = ["_ext/*"]
