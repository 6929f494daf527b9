"""Every HTTP address."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from backend.core import health, pages

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("openapi", SpectacularAPIView.as_view(), name="openapi"),
    path("", include("backend.accounts.urls")),
    path("", include("backend.jobs.urls")),
    path("", include("backend.speech.urls")),
    re_path(r"^(?:|login|jobs|account|transcripts(?:/[0-9a-f-]{36})?)/?$", pages.page),
]
