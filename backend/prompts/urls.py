"""The addresses of batches, and those of the service that this one replaces."""

from backend.live.api import command_urls
from backend.prompts.api.commands import COMMANDS
from backend.prompts.api.seed import COMMANDS as SEED_COMMANDS

urlpatterns = [*command_urls(*COMMANDS), *command_urls(*SEED_COMMANDS)]
