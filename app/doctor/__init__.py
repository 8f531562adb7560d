"""Examinations: what is wrong with an installation, all of it at once, each with what to do."""
