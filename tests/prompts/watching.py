"""What those who look at a batch would see of its topic."""

from asgiref.sync import async_to_sync

from backend.core.redis_pools import close_async_redis
from backend.live import log
from backend.prompts.models import Batch


def epoch_of(batch: Batch) -> str:
    """It changes when whoever looks on is to take a new snapshot."""

    async def read() -> str:
        position = await log.read_position(batch.topic)
        await close_async_redis()
        return position.epoch

    return async_to_sync(read)()
