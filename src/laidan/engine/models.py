"""Tables of the engine: events, idempotency keys, epochs, counters."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, id_key


class Event(models.Model):
    """One change of one subject: history, hash chain and outbox in one row.

    `position` is its place in the stream of all events, given once it is committed.
    """

    id = id_key()
    subject_id = IdField()
    seq = models.IntegerField()
    subject_kind = models.CharField(max_length=20)
    type = models.CharField(max_length=60)
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    payload = models.TextField()
    sealed = models.TextField(null=True)
    hash = models.CharField(max_length=64)
    position = models.BigIntegerField(null=True)
    relayed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "event"
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "seq"], name="event_subject_seq"),
        ]
        # What waits for its position, by id; and the stream, by position.
        indexes = [models.Index(fields=["position", "id"], name="event_stream")]


class IdempotencyKey(models.Model):
    """The answer given under a caller's key, committed with the effect that it answers for."""

    id = id_key()
    scope = models.CharField(max_length=60)
    name = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    subject_id = IdField(null=True)
    answer = models.TextField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_key"
        constraints = [
            # The key comes first: callers are few, keys are many.
            models.UniqueConstraint(fields=["name", "scope"], name="idempotency_name_scope"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]


class Epoch(models.Model):
    """A counter that rises when reference data of one kind changes."""

    name = models.CharField(max_length=30, primary_key=True)
    value = models.BigIntegerField(default=0)

    class Meta:
        db_table = "epoch"


class Counter(models.Model):
    """Running totals of a group, spread over slots so that writers do not queue for one row."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200)
    slot = models.SmallIntegerField()
    count = models.BigIntegerField(default=0)
    amount = models.BigIntegerField(default=0)

    class Meta:
        db_table = "counter"
        constraints = [models.UniqueConstraint(fields=["name", "slot"], name="counter_name_slot")]


class Setting(models.Model):
    """A small fact about the installation (index key check, seed, last sweep)."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.TextField()

    class Meta:
        db_table = "setting"
