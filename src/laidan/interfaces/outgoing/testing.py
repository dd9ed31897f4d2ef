"""Sends a test to a webhook, and tells what it came to."""

from __future__ import annotations

import os
from datetime import datetime

from django.conf import settings

from laidan.domain.webhooks import core
from laidan.domain.webhooks.models import WebhookEndpoint
from laidan.engine.sealing import keyring
from laidan.insights.event_documents import test_body
from laidan.interfaces.outgoing import posting
from laidan.interfaces.outgoing.posting import Posted
from laidan.kernel.ids import Mint
from laidan.usecases.deliver_webhooks import note_test
from laidan.usecases.keep_webhooks import secrets_of


def send_test(endpoint: WebhookEndpoint, *, actor: str, now: datetime) -> Posted:
    """Post a message of the type `webhook.test`; a paused endpoint that takes it goes on."""
    message_id = Mint(now, os.urandom).new()
    body = test_body(message_id, at=now.isoformat(), actor=actor)
    headers = core.headers(secrets_of(endpoint, keyring(), now=now), message_id, body, now=now)
    allow = settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE
    found = posting.post(endpoint.url, body, headers, allow_private=allow)
    note_test(endpoint.pk, found.is_done, actor=actor, now=now)
    return found
