"""Readers of structured text: YAML, JSON, TOML, XML and line formats, with true line numbers and bounds."""
