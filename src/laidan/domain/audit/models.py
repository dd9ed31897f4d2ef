"""The operation log and the daily seals over it: rows are added, never changed."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import id_key


class Operation(models.Model):
    """Something that somebody did, from where, to what, with what it was before and after.

    Each strand is a chain of hashes of its own, so that writers do not queue for one head.
    """

    id = id_key()
    strand = models.SmallIntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    door = models.CharField(max_length=10)
    address = models.CharField(max_length=45)
    agent = models.CharField(max_length=200)
    request = models.CharField(max_length=40)
    action = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    object_id = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    changes = models.TextField()
    sealed = models.TextField(null=True)
    reason = models.CharField(max_length=300)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "operation"
        constraints = [
            models.UniqueConstraint(fields=["strand", "seq"], name="operation_strand_seq"),
        ]
        indexes = [
            models.Index(fields=["actor", "id"], name="operation_actor"),
            models.Index(fields=["kind", "object_id", "id"], name="operation_object"),
            models.Index(fields=["action", "id"], name="operation_action"),
        ]


class Seal(models.Model):
    """A day of the log, closed: the signed statement of its root hash."""

    day = models.DateField(primary_key=True)
    statement = models.TextField()
    signature = models.CharField(max_length=128)
    root = models.CharField(max_length=64)
    events = models.BigIntegerField()
    operations = models.BigIntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "log_seal"
