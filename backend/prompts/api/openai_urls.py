"""The addresses of OpenAI's batch API."""

from django.urls import re_path

from backend.prompts.api import openai_batches, openai_files

urlpatterns = [
    re_path(r"^v1/files/?$", openai_files.Files.as_view()),
    re_path(r"^v1/files/(?P<file_id>[^/]+)/?$", openai_files.OneFile.as_view()),
    re_path(r"^v1/files/(?P<file_id>[^/]+)/content/?$", openai_files.FileContent.as_view()),
    re_path(r"^v1/batches/?$", openai_batches.Batches.as_view()),
    re_path(r"^v1/batches/(?P<batch_id>[^/]+)/?$", openai_batches.OneBatch.as_view()),
    re_path(r"^v1/batches/(?P<batch_id>[^/]+)/cancel/?$", openai_batches.BatchCancel.as_view()),
]
