"""What the addresses of OpenAI's batch API share."""

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.live.openai.error_answers import answer_error


class OpenAIView(APIView):
    scope = "prompts"

    def get_exception_handler(self) -> Any:
        return answer_error


def user_of(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user
