"""What signing in needs beside users: second factors, recovery codes, tries, sessions."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, id_key


class SecondFactor(models.Model):
    """A person's authenticator app; the person's id is the key, the secret is sealed."""

    id = id_key()
    secret = models.TextField()
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    class Meta:
        db_table = "second_factor"


class RecoveryCode(models.Model):
    """A code that opens once where the authenticator app is lost; only its keyed hash is kept."""

    id = id_key()
    user_id = IdField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recovery_code"
        constraints = [
            models.UniqueConstraint(fields=["user_id", "digest"], name="recovery_code_once")
        ]


class Tries(models.Model):
    """Failed tries to sign in under one name, or from one address."""

    key = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=10)
    label = models.CharField(max_length=60)
    failures = models.IntegerField()
    last_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "sign_in_tries"
        indexes = [models.Index(fields=["blocked_until"], name="sign_in_tries_blocked")]


class UserSession(models.Model):
    """Where somebody is signed in: the device and address behind a session of the pages."""

    id = id_key()
    user_id = IdField()
    session_key = models.CharField(max_length=40, unique=True)
    address = models.CharField(max_length=45)
    agent = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        db_table = "user_session"
        indexes = [models.Index(fields=["user_id", "last_seen_at"], name="user_session_user")]


class RoleDemand(models.Model):
    """A role whose people need a second factor to sign in."""

    role = models.CharField(max_length=60, primary_key=True)

    class Meta:
        db_table = "second_factor_demand"
