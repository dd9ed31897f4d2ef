"""Users, their roles and API keys."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, UserManager
from django.db import models

from laidan.engine.fields import JsonField, id_key


class User(AbstractBaseUser):
    """Somebody who may sign in.

    `rights` lists what he may do beside his `roles` (codes); `reach` and `masks` limit all of it.
    """

    id = id_key()
    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120, default="")
    email = models.EmailField(default="")
    rights = JsonField(default=list)
    roles = JsonField(default=list)
    reach = JsonField(default=dict)
    masks = JsonField(default=list)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, default="")
    theme = models.CharField(max_length=10, default="")
    created_at = models.DateTimeField()

    USERNAME_FIELD = "username"
    objects: ClassVar[UserManager[Self]] = UserManager()

    class Meta:
        db_table = "app_user"


class OwnRole(models.Model):
    """A role that this installation made; the built-in ones come with the program."""

    id = id_key()
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, default="")
    permissions = JsonField(default=list)
    reach = JsonField(default=dict)
    masks = JsonField(default=list)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "access_role"


class ApiKey(models.Model):
    """A program's credential; only the digest of its secret is kept."""

    id = id_key()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = JsonField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_key"
