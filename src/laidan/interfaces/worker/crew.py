"""The worker's threads: what must not wait for each other has one of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from laidan.interfaces.worker import jobs, money, notices, relay, schedules, webhooks
from laidan.interfaces.worker.loop import Task, Worker
from laidan.interfaces.worker.tasks import all_tasks


def all_workers(*more: Sequence[Task]) -> list[Worker]:
    """Return a loop for each thread; setting the `stop` of one stops them all.

    `more` are what other doors do in threads of their own.
    """
    stop = threading.Event()
    crews = (
        all_tasks(),
        jobs.job_tasks(),
        schedules.schedule_tasks(),
        notices.notice_tasks(),
        relay.relay_tasks(),
        money.money_tasks(),
        webhooks.webhook_tasks(),
        *more,
    )
    return [Worker(tasks, stop) for tasks in crews if tasks]


def leave() -> None:
    """Give back what is in hand, after the threads have ended: others need not wait for leases."""
    jobs.runner.leave()
    schedules.runner.leave()
    webhooks.dispatcher.leave()
    relay.leave()
