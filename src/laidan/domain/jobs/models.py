"""Long jobs, and what became of each of their rows."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, JsonField, id_key


class Job(models.Model):
    """Work that takes longer than a request: who asked for what, and how far it has come.

    `due_at` is when a worker may take it: now for what is queued, the end of the lease for what
    runs, none for what has ended. `token` rises with every taking and fences the taker before.
    """

    id = id_key()
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=12)
    title = models.CharField(max_length=200, default="")
    user_id = IdField(null=True)
    actor = models.CharField(max_length=120)
    rights = JsonField(default=list)
    params = JsonField(default=dict)
    once = models.CharField(max_length=120, null=True, unique=True)
    cursor = JsonField(null=True)
    total = models.IntegerField(null=True)
    done = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    figures = JsonField(default=dict)
    code = models.CharField(max_length=60, default="")
    message = models.TextField(default="")
    file_in = JsonField(null=True)
    file_out = JsonField(null=True)
    token = models.IntegerField(default=0)
    tries = models.SmallIntegerField(default=0)
    worker = models.CharField(max_length=120, default="")
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "job"
        indexes = [
            models.Index(fields=["due_at"], name="job_due"),
            models.Index(fields=["user_id", "id"], name="job_of_user"),
        ]


class JobChunk(models.Model):
    """Neighbouring rows of a job with their outcomes, committed together.

    `rows` lists [row number, object, code, message]; `first` counts the rows before it.
    """

    id = id_key()
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="chunks")
    first = models.IntegerField()
    refused = models.IntegerField()
    rows = JsonField(default=list)

    class Meta:
        db_table = "job_chunk"
        constraints = [
            models.UniqueConstraint(fields=["job", "first"], name="job_chunk_first"),
        ]


class ImportMap(models.Model):
    """Which column of a source's files is which field, kept for a shop under a name."""

    id = id_key()
    shop_code = models.CharField(max_length=40, default="")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    document = JsonField(default=dict)
    actor = models.CharField(max_length=120)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "import_map"
        constraints = [
            models.UniqueConstraint(fields=["shop_code", "kind", "name"], name="import_map_name"),
        ]
