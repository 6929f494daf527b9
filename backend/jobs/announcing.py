"""How a change of a job becomes events: on `job:<id>`, and on `user:<id>` of its owner."""

from functools import partial
from typing import Any, Final

import structlog
from django.db import transaction
from redis.exceptions import LockError, RedisError

from backend.core.redis_pools import sync_redis
from backend.jobs import kinds
from backend.jobs.models import Job
from backend.jobs.schemas import describe
from backend.jobs.turns import in_turn
from backend.live import publish
from backend.live.log import Draft, Fence, raise_fence

RANK_LOCK_S: Final = 10
KEEP_RANKS_S: Final = 24 * 3600

log = structlog.get_logger(__name__)


def changed(job: Job) -> None:
    """Publish a change of status, inside the transaction that makes it, and whatever it does to the queue's ranks."""
    data = describe(job)
    publish.publish(job.topic, "status", data, fence=Fence(job.fence))
    if kinds.find(job.kind).listed:
        publish.publish(f"user:{job.owner_id}", "job", data, fence=_fence_for_owner(job))
    transaction.on_commit(partial(_after_commit, job.queue, job.subject, _fence_for_owner(job)), robust=True)


def _after_commit(queue: str, subject: str, fence: Fence) -> None:
    if subject:
        # What an overtaken attempt still sends at once to the result's topic is refused as well.
        try:
            raise_fence(subject, fence)
        except RedisError as error:
            log.warning("fence_waits", topic=subject, error=type(error).__name__)
    announce_ranks(queue)


def progressed(job: Job) -> bool:
    """Publish progress at once; False when a newer attempt or an end has overtaken this one."""
    entries = publish.publish_many_now(_drafts(job, "progress", rank=-1))
    return entries[0] is not None


def announce_ranks(queue: str) -> None:
    """Tell the jobs that wait in a queue their new places. What cannot be told now, the sweeper tells."""
    redis = sync_redis()
    key = f"ranks:{queue}"
    try:
        # Held while reading and telling, so that the last one to tell has read the newest state.
        with redis.lock(f"{key}:lock", timeout=RANK_LOCK_S, blocking_timeout=2):
            held: Any = redis.hgetall(key)
            told = {job_id.decode(): int(rank) for job_id, rank in held.items()}
            drafts: list[Draft] = []
            ranks: dict[Any, Any] = {}
            for rank, job in enumerate(in_turn(queue).select_related("owner"), start=1):
                ranks[str(job.id)] = rank
                if told.get(str(job.id)) != rank:
                    drafts += _drafts(job, "rank", rank=rank)
            publish.publish_many_now(drafts)
            pipe = redis.pipeline()
            pipe.delete(key)
            if ranks:
                pipe.hset(key, mapping=ranks)
                pipe.expire(key, KEEP_RANKS_S)
            pipe.execute()
    except (RedisError, LockError) as error:
        log.warning("ranks_wait", queue=queue, error=type(error).__name__)


def _drafts(job: Job, event: str, *, rank: int) -> list[Draft]:
    data = describe(job, rank)
    drafts = [publish.draft(job.topic, event, data, fence=Fence(job.fence), replaces="job")]
    if kinds.find(job.kind).listed:
        owner = f"user:{job.owner_id}"
        drafts.append(publish.draft(owner, "job", data, fence=_fence_for_owner(job), replaces=f"job:{job.id}"))
    return drafts


def _fence_for_owner(job: Job) -> Fence:
    return Fence(job.fence, scope=str(job.id))
