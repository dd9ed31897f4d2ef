"""What is done at which times, how each time went, and how the tasks of the loop are."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, JsonField, id_key


class Schedule(models.Model):
    """A registered kind of work, when it is done, and who does it at the moment.

    `due_at` is when a worker has to look next: the next time, a retry, or the end of a lease.
    """

    id = id_key()
    code = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=40)
    cron = models.CharField(max_length=120)
    shop_code = models.CharField(max_length=40, default="")
    time_zone = models.CharField(max_length=60, default="")
    params = JsonField(default=dict)
    is_paused = models.BooleanField(default=False)
    is_shipped = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default="idle")
    next_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=120, default="")
    token = models.IntegerField(default=0)
    tries = models.SmallIntegerField(default=0)
    worker = models.CharField(max_length=120, default="")
    run_id = IdField(null=True)
    last_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=10, default="")
    last_message = models.CharField(max_length=500, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "schedule"
        indexes = [
            models.Index(fields=["due_at"], name="schedule_due"),
            models.Index(fields=["late_at"], name="schedule_late"),
        ]


class ScheduleRun(models.Model):
    """One time that a schedule was run; `actor` asked for it, "" where the clock did."""

    id = id_key()
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs")
    token = models.IntegerField()
    planned_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10)
    figures = JsonField(default=dict)
    message = models.CharField(max_length=500, default="")
    worker = models.CharField(max_length=120, default="")
    actor = models.CharField(max_length=120, default="")

    class Meta:
        db_table = "schedule_run"
        constraints = [
            models.UniqueConstraint(fields=["schedule", "token"], name="schedule_run_token"),
        ]
        indexes = [models.Index(fields=["schedule", "id"], name="schedule_run_order")]


class TaskNote(models.Model):
    """How a task of the worker's loop is: when it went well last, and when and why not."""

    name = models.CharField(max_length=60, primary_key=True)
    every_seconds = models.FloatField(default=0)
    ok_at = models.DateTimeField(null=True)
    done = models.BigIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=300, default="")
    worker = models.CharField(max_length=120, default="")

    class Meta:
        db_table = "task_note"
