"""Alarms; channels to people, rules of what is told there, and what was sent."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, JsonField, id_key


class Alarm(models.Model):
    """Something that a person has to look at; open until its cause is gone.

    `open_key` names kind and subject while it is open, so that there is one at a time. `told_at`
    is when the rules of notices were asked about it.
    """

    id = id_key()
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    label = models.CharField(max_length=200)
    shop_code = models.CharField(max_length=40, default="")
    link = models.CharField(max_length=200, default="")
    facts = JsonField(default=dict)
    open_key = models.CharField(max_length=130, null=True, unique=True)
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=120, default="")
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alarm"
        indexes = [
            models.Index(fields=["closed_at", "seen_at"], name="alarm_open"),
            models.Index(fields=["told_at"], name="alarm_untold"),
        ]


class NoticeChannel(models.Model):
    """Where people read: mailboxes or a robot in a chat. Its addresses and secrets are sealed.

    `due_at` is when a worker has to look next, and the end of its lease while it sends.
    """

    id = id_key()
    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    sealed = models.TextField()
    is_active = models.BooleanField(default=True)
    due_at = models.DateTimeField(null=True)
    token = models.IntegerField(default=0)
    worker = models.CharField(max_length=120, default="")
    last_ok_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    last_fault = models.CharField(max_length=300, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "notice_channel"
        indexes = [models.Index(fields=["due_at"], name="notice_channel_due")]


class NoticeRule(models.Model):
    """Which happenings of which shops are told on a channel, and in what words."""

    id = id_key()
    name = models.CharField(max_length=120)
    channel = models.ForeignKey(NoticeChannel, on_delete=models.CASCADE, related_name="rules")
    types = JsonField(default=list)
    shops = JsonField(default=list)
    conditions = models.TextField(default="")
    texts = JsonField(default=dict)
    reveals = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "notice_rule"
        constraints = [models.UniqueConstraint(fields=["name"], name="notice_rule_name")]


class NoticeDelivery(models.Model):
    """One happening told on one channel; `once` holds it to one for a rule and a happening.

    `message_id` is shared by deliveries that went out as one message. The text is sealed.
    """

    id = id_key()
    channel = models.ForeignKey(NoticeChannel, on_delete=models.CASCADE, related_name="deliveries")
    rule_id = IdField(null=True)
    rule_name = models.CharField(max_length=120, default="")
    type = models.CharField(max_length=60)
    subject_id = IdField(null=True)
    subject = models.CharField(max_length=80, default="")
    shop_code = models.CharField(max_length=40, default="")
    once = models.CharField(max_length=100, null=True, unique=True)
    sealed = models.TextField()
    state = models.CharField(max_length=10)
    tries = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    message_id = IdField(null=True)
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=40, default="")
    answer = models.TextField(default="")
    took_ms = models.IntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "notice_delivery"
        indexes = [
            models.Index(fields=["channel", "state", "id"], name="notice_delivery_waiting"),
            models.Index(fields=["channel", "tried_at"], name="notice_delivery_rate"),
        ]
