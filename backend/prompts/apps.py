from django.apps import AppConfig


class PromptsConfig(AppConfig):
    name = "backend.prompts"
    label = "prompts"
