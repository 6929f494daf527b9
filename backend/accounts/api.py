"""Signing in and out, tokens, tickets, passwords and API keys by REST."""

from functools import partial
from typing import Any, Final, cast

from django.contrib.auth import login, logout, update_session_auth_hash, user_logged_in
from django.http import HttpRequest
from django.middleware.csrf import get_token
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers as drf
from rest_framework.authentication import SessionAuthentication
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import serializers, services, tickets, tokens
from backend.accounts.authentication import ApiKeyAuthentication, principal_of
from backend.accounts.models import User
from backend.accounts.signing_in import check_credentials
from backend.core.api import BoundedJSONParser
from backend.core.errors import AppError

_PARSERS: Final = [BoundedJSONParser, FormParser, MultiPartParser]
# Nothing on the way may keep an answer that lets its reader sign in.
_SECRET: Final = {"Cache-Control": "no-store"}


def _values(kind: type[drf.Serializer[Any]], request: Request) -> dict[str, Any]:
    read = kind(data=request.data)
    read.is_valid(raise_exception=True)
    return cast("dict[str, Any]", read.validated_data)


def _under(request: Request) -> HttpRequest:
    """Django's own request, which its sign-in functions take."""
    return request._request  # noqa: SLF001 (DRF offers no other way)


def _user(request: Request) -> User:
    return principal_of(request).user


class TokenView(APIView):
    """A name and a password become two tokens; an API key and its user's `cuid` become an access token."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = _PARSERS

    @extend_schema(
        summary="Get tokens",
        request=PolymorphicProxySerializer(
            "TokenIn", [serializers.CredentialsIn, serializers.CuidIn], resource_type_field_name=None
        ),
        responses=PolymorphicProxySerializer(
            "TokenOut", [serializers.TokenPairOut, serializers.KeyTokenOut], resource_type_field_name=None
        ),
    )
    def post(self, request: Request) -> Response:
        if isinstance(request.data, dict) and "cuid" in request.data:
            return Response(self._for_key(request), headers=_SECRET)
        values = _values(serializers.CredentialsIn, request)
        user = check_credentials(request, **values)
        user_logged_in.send(sender=User, request=_under(request), user=user)
        return Response(tokens.token_pair(user), headers=_SECRET)

    @staticmethod
    def _for_key(request: Request) -> dict[str, Any]:
        found = ApiKeyAuthentication().authenticate(request)
        if found is None:
            raise AppError("unauthenticated", "Send your API key in the header X-API-KEY.")
        user, principal = found
        if user.cuid != _values(serializers.CuidIn, request)["cuid"]:
            raise AppError("forbidden", "This API key does not belong to that cuid.")
        token, expires_in = tokens.token_for(principal)
        return {"access_token": token, "expires_in": expires_in}


class RefreshView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = _PARSERS

    @extend_schema(
        summary="Get a new access token",
        request=serializers.RefreshIn,
        responses=serializers.AccessOut,
    )
    def post(self, request: Request) -> Response:
        access = tokens.renew(_values(serializers.RefreshIn, request)["refresh"])
        return Response({"access": access}, headers=_SECRET)


class HelloView(APIView):
    scope = None

    @extend_schema(operation_id="hello", summary="Check that you can call", responses=serializers.HelloOut)
    def get(self, request: Request) -> Response:
        return Response({"message": "Hello, World!"})


class TicketView(APIView):
    scope = None

    @extend_schema(
        operation_id="ws_ticket",
        summary="Get a ticket that opens one socket: /ws/?ticket=…",
        request=None,
        responses=serializers.TicketOut,
    )
    def post(self, request: Request) -> Response:
        ticket = tickets.issue(principal_of(request))
        return Response({"ticket": ticket, "expires_in": tickets.LIFETIME_S}, headers=_SECRET)


class SessionView(APIView):
    """The browser's sign-in, by cookie. Changes need the header X-CSRFToken."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="session", summary="Who is signed in", responses=serializers.SessionOut)
    def get(self, request: Request) -> Response:
        return self._answer(request, request.user if isinstance(request.user, User) else None)

    @extend_schema(
        operation_id="session_sign_in",
        summary="Sign in by cookie",
        request=serializers.CredentialsIn,
        responses=serializers.SessionOut,
    )
    def post(self, request: Request) -> Response:
        # DRF asks for the CSRF token only of who is signed in; signing somebody else in needs it as well.
        SessionAuthentication().enforce_csrf(request)
        user = check_credentials(request, **_values(serializers.CredentialsIn, request))
        login(_under(request), user)
        return self._answer(request, user)

    @extend_schema(operation_id="session_sign_out", summary="Sign out", responses={204: None})
    def delete(self, request: Request) -> Response:
        if isinstance(request.user, User):
            user = request.user
            services.sign_out(user=user, end_session=partial(logout, _under(request)))
        return Response(status=204)

    @staticmethod
    def _answer(request: Request, user: User | None) -> Response:
        shown = serializers.UserOut(user).data if user else None
        answer = {"user": shown, "csrf_token": get_token(_under(request))}
        return Response(answer, headers=_SECRET)


class LogoutEverywhereView(APIView):
    @extend_schema(
        operation_id="logout_everywhere",
        summary="End every session, token and socket of yours",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        user = _user(request)
        if request.auth is None:
            logout(_under(request))
        services.logout_everywhere(user=user)
        return Response(status=204)


class PasswordView(APIView):
    @extend_schema(
        operation_id="password",
        summary="Change your password; whatever was signed in with the old one ends, but for this session",
        request=serializers.PasswordIn,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        values, user = _values(serializers.PasswordIn, request), _user(request)
        try:
            # Counted like any other sign-in, so that a stolen session cannot be used to guess the password.
            check_credentials(request, username=user.email or user.username, password=values["old"])
        except AppError as error:
            if error.code != "unauthenticated":
                raise
            raise AppError("invalid", fields={"old": ["This is not your password."]}) from None
        services.change_password(user=user, new=values["new"])
        if request.auth is None:
            update_session_auth_hash(_under(request), user)
        return Response(status=204)


class KeyListView(APIView):
    @extend_schema(operation_id="keys", summary="Your API keys", responses=serializers.KeyOut(many=True))
    def get(self, request: Request) -> Response:
        return Response(serializers.KeyOut(services.keys_of(user=_user(request)), many=True).data)

    @extend_schema(
        operation_id="key_create",
        summary="Make an API key",
        request=serializers.KeyIn,
        responses={201: serializers.NewKeyOut},
    )
    def post(self, request: Request) -> Response:
        key, secret = services.create_key(user=_user(request), **_values(serializers.KeyIn, request))
        answer = {**serializers.KeyOut(key).data, "key": secret}
        return Response(answer, status=201, headers=_SECRET)


class KeyView(APIView):
    @extend_schema(operation_id="key_revoke", summary="Revoke an API key", responses={204: None})
    def delete(self, request: Request, key_id: int) -> Response:
        services.revoke_key(user=_user(request), key_id=key_id)
        return Response(status=204)
