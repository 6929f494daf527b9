from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "backend.jobs"
    label = "jobs"

    def ready(self) -> None:
        from backend.jobs import topics
        from backend.live import commands
        from backend.live.topics import register

        register(topics.JOB)
        register(topics.USER)
        commands.register("backend.jobs.api.COMMANDS")
