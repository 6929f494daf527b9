from django.urls import re_path

from backend.jobs import api
from backend.live.api import command_urls

urlpatterns = [re_path(r"^api/jobs/?$", api.JobList.as_view()), *command_urls(*api.COMMANDS)]
