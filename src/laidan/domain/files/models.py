"""Files: contents kept once, names that point to them, folders, and what they belong to."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, id_key


class FileContent(models.Model):
    """Bytes in the store; however many files have them, they are kept once."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "file_content"


class Folder(models.Model):
    """A name under which files are put together."""

    id = id_key()
    name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "file_folder"


class StoredFile(models.Model):
    """A file that somebody keeps: its name, who may see it, and whether it was removed."""

    id = id_key()
    content = models.ForeignKey(FileContent, on_delete=models.PROTECT, related_name="files")
    folder = models.ForeignKey(Folder, on_delete=models.PROTECT, null=True, related_name="files")
    name = models.CharField(max_length=200)
    visibility = models.CharField(max_length=10)
    owner = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=120, default="")

    class Meta:
        db_table = "stored_file"
        indexes = [
            # Ids rise with time: the newest of a folder, and what was removed long ago.
            models.Index(fields=["folder", "id"], name="stored_file_folder"),
            models.Index(fields=["removed_at", "id"], name="stored_file_removed"),
        ]


class FileRole(models.Model):
    """A role whose people may see a file."""

    id = id_key()
    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=60)

    class Meta:
        db_table = "file_role"
        constraints = [models.UniqueConstraint(fields=["file", "role"], name="file_role_once")]


class FileLink(models.Model):
    """What a file belongs to: an order, a product, a customer."""

    id = id_key()
    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=20)
    object_id = IdField()
    linked_by = models.CharField(max_length=120)
    linked_at = models.DateTimeField()

    class Meta:
        db_table = "file_link"
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "file"], name="file_link_once")
        ]
