"""The groups and what each may do."""

from collections.abc import Callable
from typing import Final

from django.apps import apps
from django.contrib.auth.models import Group, Permission

_OURS: Final = "backend."
# What netadmins may change besides reading everything; automation adds its models under this name.
_NETADMIN_WRITES: Final = ("automation",)
_NETADMIN_ALSO: Final = ("change_job",)
# Who holds which key is between its owner and the superusers.
_PRIVATE: Final = ("apikey",)


def _reads(permission: Permission) -> bool:
    return permission.codename.startswith("view_") and permission.content_type.model not in _PRIVATE


def _runs_networks(permission: Permission) -> bool:
    writes = permission.content_type.app_label in _NETADMIN_WRITES
    return _reads(permission) or writes or permission.codename in _NETADMIN_ALSO


RULES: Final[dict[str, Callable[[Permission], bool]]] = {
    "superuser": lambda _permission: True,
    "netadmin": _runs_networks,
    "support": _reads,
}


def create_groups() -> dict[str, int]:
    """Make the groups, or bring them up to date with the models that exist; returns their sizes."""
    labels = [config.label for config in apps.get_app_configs() if config.name.startswith(_OURS)]
    ours = list(Permission.objects.filter(content_type__app_label__in=labels).select_related("content_type"))
    everything = list(Permission.objects.all())
    sizes = {}
    for name, allows in RULES.items():
        chosen = [permission for permission in (everything if name == "superuser" else ours) if allows(permission)]
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(chosen)
        sizes[name] = len(chosen)
    return sizes
