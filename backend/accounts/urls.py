from django.urls import re_path

from backend.accounts import api, schema  # noqa: F401 (drf-spectacular finds what has been imported)

urlpatterns = [
    re_path(r"^token/?$", api.TokenView.as_view()),
    re_path(r"^token/refresh/?$", api.RefreshView.as_view()),
    re_path(r"^api/token/?$", api.TokenView.as_view()),
    re_path(r"^api/token/refresh/?$", api.RefreshView.as_view()),
    re_path(r"^api/hello/?$", api.HelloView.as_view()),
    re_path(r"^api/ws-ticket/?$", api.TicketView.as_view()),
    re_path(r"^api/session/?$", api.SessionView.as_view()),
    re_path(r"^api/logout-everywhere/?$", api.LogoutEverywhereView.as_view()),
    re_path(r"^api/password/?$", api.PasswordView.as_view()),
    re_path(r"^api/keys/?$", api.KeyListView.as_view()),
    re_path(r"^api/keys/(?P<key_id>[0-9]{1,18})/?$", api.KeyView.as_view()),
]
