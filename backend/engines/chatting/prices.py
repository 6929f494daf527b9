"""What answers cost, where the settings know it."""

from django.conf import settings


def cost_of(model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
    """The price of so many tokens in the currency of the settings; None where the model has none there."""
    price = settings.CONFIG.chat_prices.get(model)
    if price is None:
        return None
    sent, received = price
    return float(sent * prompt_tokens + received * completion_tokens) / 1_000_000
