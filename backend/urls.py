"""Every HTTP address."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from backend.core import api, health, pages
from consumers import documentation

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health/live", health.live),
    path("health/ready", health.ready),
    re_path(r"^openapi/?$", SpectacularAPIView.as_view(), name="openapi"),
    re_path(r"^swagger-ui/?$", documentation.SwaggerView.as_view()),
    re_path(r"^asyncapi/?$", documentation.asyncapi_page),
    path("asyncapi.yaml", documentation.asyncapi_yaml),
    path("", include("backend.accounts.urls")),
    path("", include("backend.jobs.urls")),
    path("", include("backend.documents.urls")),
    path("", include("backend.speech.urls")),
    path("", include("backend.chat.urls")),
    path("", include("backend.prompts.urls")),
    re_path(r"^(?:|login|live|jobs|account|documents)/?$", pages.page),
    re_path(r"^chat(?:/[1-9][0-9]{0,17})?/?$", pages.page),
    re_path(r"^prompts(?:/new|/[0-9a-f-]{36})?/?$", pages.page),
    re_path(r"^transcripts(?:/[0-9a-f-]{36})?/?$", pages.page),
    re_path(r"^(?:api|v1|token)/", api.nothing_here),
]

handler500 = api.unexpected_error
