"""Renderers: a report's page model in, text out. Pure; none of them grades, reads files or knows Django."""
