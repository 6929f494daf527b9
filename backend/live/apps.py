from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "backend.live"
    label = "live"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out

        from backend.accounts.signals import access_changed
        from backend.live import access, topics

        topics.register(access.ACCOUNT)
        access_changed.connect(access.access_ended, dispatch_uid="live.access_ended")
        user_logged_out.connect(access.signed_out, dispatch_uid="live.signed_out")
