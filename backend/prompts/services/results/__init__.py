from typing import Any

from backend.prompts.models import Batch


def as_base64(batch: Batch) -> dict[str, Any]:
    return {"file_name": f"{batch.pk}.xlsx", "file_content": ""}
