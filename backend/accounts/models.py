"""Users and their API keys."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.db.models.functions import Lower

from backend.accounts.signals import access_changed


class User(AbstractUser):
    """A person. Signs in with `username` or `email`; `cuid` is the corporate id that API clients name."""

    email = models.EmailField("email address", unique=True)
    cuid = models.CharField(max_length=64, unique=True, null=True, blank=True)
    # Tokens and sessions carry the value of their day; raising it ends every one of them at once.
    auth_epoch = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("username"), name="username_unique_in_any_case"),
            models.UniqueConstraint(Lower("email"), name="email_unique_in_any_case"),
        )

    def __str__(self) -> str:
        return self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. A new password ends what the old one gave, whoever changes it: API, admin or command."""
        # Django keeps the plain password here from set_password() until save(), but not for a mere re-hash.
        password_changed = not self._state.adding and getattr(self, "_password", None) is not None
        if not self._state.adding and kwargs.get("update_fields") is None:
            # An instance read a while ago must not bring back an older epoch, and with it ended tokens.
            fields = [field.name for field in self._meta.concrete_fields if not field.primary_key]
            kwargs["update_fields"] = [name for name in fields if name != "auth_epoch"]
        with transaction.atomic():
            super().save(*args, **kwargs)
            if password_changed:
                self.end_access()

    def end_access(self) -> None:
        """End every token, session and socket of this user; to be called in a transaction."""
        User.objects.filter(pk=self.pk).update(auth_epoch=models.F("auth_epoch") + 1)
        self.refresh_from_db(fields=["auth_epoch"])
        access_changed.send(sender=User, user=self)

    def get_session_auth_hash(self) -> str:
        """Django ends a session whose hash differs from this: so `auth_epoch` ends sessions too."""
        return f"{super().get_session_auth_hash()}.{self.auth_epoch}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for value in super().get_session_auth_fallback_hash():
            yield f"{value}.{self.auth_epoch}"


class ApiKey(models.Model):
    """A key for programs. Only its hash is kept; `prefix` is what the owner recognises it by."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
