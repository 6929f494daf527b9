"""The addresses under `/api/`, and the same without it, as the service had them that this one replaces."""

from backend.chat.api.commands import COMMANDS
from backend.chat.api.seed import SEED_COMMANDS, SeedView
from backend.live.api import command_urls

urlpatterns = [
    *command_urls(*COMMANDS),
    *command_urls(*SEED_COMMANDS, base=SeedView, documented=False),
]
