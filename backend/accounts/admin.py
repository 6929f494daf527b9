"""Users and API keys in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.accounts import services
from backend.accounts.models import ApiKey, User
from backend.accounts.signals import access_changed

_NEW_USER_FIELDS = ("username", "email", "cuid", "usable_password", "password1", "password2")
_ACCESS_FIELDS = {"is_staff", "is_superuser", "groups", "user_permissions"}


@admin.register(User)
class StentorUserAdmin(UserAdmin[User]):
    list_display = ("username", "email", "cuid", "is_active", "is_staff", "last_login")
    search_fields = ("username", "email", "cuid")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Identity", {"fields": ("cuid",)}))
    add_fieldsets = ((None, {"classes": ("wide",), "fields": _NEW_USER_FIELDS}),)
    actions = ("log_out_everywhere",)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        changed = set(form.changed_data)
        if change and "is_active" in changed and not form.instance.is_active:
            services.deactivate(user=form.instance)
        elif change and changed & _ACCESS_FIELDS:
            access_changed.send(sender=User, user=form.instance)

    @admin.action(description="Log out everywhere", permissions=["change"])
    def log_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.logout_everywhere(user=user)
        messages.success(request, f"{len(queryset)} logged out everywhere.")


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    list_display = ("name", "prefix", "user", "scopes", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "prefix", "user__username")
    fields = ("user", "name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apikey")

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        working = list(queryset.filter(revoked_at=None).select_related("user"))
        for key in working:
            services.revoke_key(user=key.user, key_id=key.pk)
        messages.success(request, f"{len(working)} revoked.")
