"""The shapes of requests and answers of the accounts API."""

from typing import Any

from rest_framework import serializers

from backend.accounts.models import ApiKey, User
from backend.accounts.scopes import SCOPES

# Longer than any real one; bounds what is hashed and looked up.
_NAME, _PASSWORD, _TOKEN = 254, 1024, 8192


class _Password(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=_PASSWORD, trim_whitespace=False, write_only=True, **kwargs)


class CredentialsIn(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=_NAME, help_text="The username or the email address")
    password = _Password()


class CuidIn(serializers.Serializer[Any]):
    cuid = serializers.CharField(max_length=64)


class RefreshIn(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=_TOKEN)


class TokenPairOut(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class AccessOut(serializers.Serializer[Any]):
    access = serializers.CharField()


class KeyTokenOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds")


class TicketOut(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds")


class HelloOut(serializers.Serializer[Any]):
    message = serializers.CharField()


class UserOut(serializers.ModelSerializer[User]):
    groups: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        many=True, read_only=True, slug_field="name"
    )

    class Meta:
        model = User
        fields = ("id", "username", "email", "cuid", "groups", "is_staff")
        read_only_fields = fields


class SessionOut(serializers.Serializer[Any]):
    user = UserOut(allow_null=True)
    csrf_token = serializers.CharField()


class PasswordIn(serializers.Serializer[Any]):
    old = _Password()
    new = _Password()


class KeyIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=sorted(SCOPES)), max_length=20)


class KeyOut(serializers.ModelSerializer[ApiKey]):
    class Meta:
        model = ApiKey
        fields = ("id", "name", "prefix", "scopes", "created_at", "last_used_at")
        read_only_fields = fields


class NewKeyOut(serializers.ModelSerializer[ApiKey]):
    key = serializers.CharField(help_text="The key itself, shown this once")

    class Meta:
        model = ApiKey
        fields = (*KeyOut.Meta.fields, "key")
        read_only_fields = fields
