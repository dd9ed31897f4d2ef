"""How people arrange their work: views of the list, its columns, and who looks after an order."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, JsonField, id_key


class SavedView(models.Model):
    """A list of orders under a name: its filters and sort as an address, and its columns."""

    id = id_key()
    owner_id = IdField()
    name = models.CharField(max_length=60)
    query = models.TextField()
    columns = JsonField(null=True)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "saved_view"
        constraints = [models.UniqueConstraint(fields=["owner_id", "name"], name="saved_view_once")]
        indexes = [models.Index(fields=["shared", "name"], name="saved_view_shared")]


class ListSetting(models.Model):
    """How one person likes the list of orders; the person's id is the key."""

    id = id_key()
    columns = JsonField(null=True)
    density = models.CharField(max_length=12, default="")
    default_view_id = IdField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "list_setting"


class Assignment(models.Model):
    """Who looks after an order; the order's id is the key."""

    id = id_key()
    user_id = IdField()
    assigned_by = models.CharField(max_length=120)
    assigned_at = models.DateTimeField()

    class Meta:
        db_table = "order_assignment"
        indexes = [models.Index(fields=["user_id", "id"], name="order_assignment_user")]
