"""`runserver` on Daphne. As an application of its own, Daphne would load Twisted into every worker too."""

from daphne.management.commands.runserver import Command

__all__ = ["Command"]
