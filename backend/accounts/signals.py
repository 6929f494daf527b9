"""What other layers may listen to."""

from typing import Final

from django.dispatch import Signal

# Sent with `user` inside the transaction that ends or changes what this user's sign-ins may do. A receiver
# asks `backend.accounts.tokens.is_current` about each principal that it serves.
access_changed: Final = Signal()
