from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "backend.core"
    label = "core"

    def ready(self) -> None:
        # Whatever process this is, tasks that it starts go to our broker.
        import backend.celery  # noqa: F401
