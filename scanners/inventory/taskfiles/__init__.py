"""Readers of task files: the text of each task by name, a dependency written as a call of the runner."""
