"""Webhooks: who is told of events, and what became of each telling."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, JsonField, id_key


class WebhookEndpoint(models.Model):
    """An address that is told of events; its secrets are sealed.

    `position` is how far the stream of events was looked through for it. While `rest_until` lies
    ahead nothing is sent: it did not answer just now.
    """

    id = id_key()
    name = models.CharField(max_length=120, unique=True)
    url = models.TextField()
    secret = models.TextField()
    old_secret = models.TextField(null=True)
    old_until = models.DateTimeField(null=True)
    types = JsonField(default=list)
    shops = JsonField(default=list)
    state = models.CharField(max_length=10)
    position = models.BigIntegerField()
    paused_why = models.CharField(max_length=200, default="")
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    rest_until = models.DateTimeField(null=True)
    last_done_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "webhook_endpoint"


class WebhookDelivery(models.Model):
    """The telling of one event to one endpoint, with the last request and answer.

    While it waits `next_at` is when it is sent; `tries` fences off whoever sent it before.
    """

    id = id_key()
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="+")
    event_id = IdField()
    subject_id = IdField()
    type = models.CharField(max_length=60)
    position = models.BigIntegerField()
    state = models.CharField(max_length=10)
    tries = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    took_ms = models.IntegerField(null=True)
    status = models.IntegerField(null=True)
    error = models.CharField(max_length=200, default="")
    request = models.TextField(default="")
    answer = models.TextField(default="")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="webhook_event_once"),
        ]
        indexes = [
            models.Index(fields=["endpoint", "state", "next_at"], name="webhook_due"),
            # Whether an earlier event of the same subject still waits.
            models.Index(
                fields=["endpoint", "subject_id", "state", "position"], name="webhook_in_order"
            ),
            models.Index(fields=["endpoint", "position"], name="webhook_log"),
            models.Index(fields=["done_at"], name="webhook_done"),
        ]
