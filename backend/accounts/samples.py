"""Sample data for trying the product out; each domain registers what it adds when its app is ready."""

from collections.abc import Callable

# Makes its rows unless they are there already; returns a line that says what there is now.
Sample = Callable[[], str]

_samples: dict[str, Sample] = {}


def register(name: str, create: Sample) -> None:
    """Add a sample. They run in the order of registration, so that one may build on those of lower layers."""
    _samples[name] = create


def create_all() -> list[str]:
    """Run every sample; a line for each."""
    return [f"{name}: {create()}" for name, create in _samples.items()]
