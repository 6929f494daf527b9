"""Transcripts in the admin: to see what is there and to delete it. What was said is for its owner, not shown
here.
"""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.speech.models import Transcript
from backend.speech.services import transcripts


@admin.register(Transcript)
class TranscriptAdmin(admin.ModelAdmin[Transcript]):
    list_display = ("title", "owner", "status", "language", "duration_s", "created_at")
    list_select_related = ("job__owner",)
    search_fields = ("title", "job__owner__username")
    fields = readonly_fields = (
        "title", "owner", "status", "language", "duration_s", "engine", "media_type", "note", "created_at",
    )  # fmt: skip

    @admin.display(ordering="job__owner__username")
    def owner(self, transcript: Transcript) -> str:
        return transcript.job.owner.username

    @admin.display(ordering="job__status")
    def status(self, transcript: Transcript) -> str:
        return str(transcript.job.status)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Transcript) -> None:
        transcripts.discard(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Transcript]) -> None:
        for transcript in queryset.select_related("job"):
            transcripts.discard(transcript)
