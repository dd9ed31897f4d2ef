"""The pages of files: kept, shown harmlessly, shared, removed, restored."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from builders import a_sku
from interfaces.browsing import a_visitor, words
from laidan.domain.access.models import User
from laidan.domain.files.models import StoredFile

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = "<script>alert(1)</script>"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _own_store(settings, tmp_path):
    settings.LAIDAN_DATA_DIR = tmp_path


def test_files_are_kept_shown_harmlessly_shared_and_restored():
    visitor, other = a_visitor(), a_visitor("files.view", "files.edit", username="other")
    sent = [
        SimpleUploadedFile("../<b>合同</b>.html", b"<script>alert(1)</script>"),
        SimpleUploadedFile("photo.exe", PNG + b"x"),
    ]
    answer = visitor.post("/files", {"files": sent, "folder": "2026", "visibility": "private"})
    assert answer.status_code == 303
    page, picture = StoredFile.objects.order_by("pk")
    assert page.name == "b>.html"
    shown = visitor.get(f"/files/{page.pk}")
    assert shown["Content-Type"] == "text/plain; charset=utf-8"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    image = visitor.get(f"/files/{picture.pk}")
    assert (image["Content-Type"], b"".join(image.streaming_content)) == ("image/png", PNG + b"x")
    assert image["Content-Disposition"].startswith("inline")
    saved = visitor.get(f"/files/{picture.pk}?save")
    assert saved["Content-Disposition"] == 'attachment; filename="photo.exe"'
    assert saved["Content-Type"] == "application/octet-stream"
    again = visitor.get(f"/files/{picture.pk}", headers={"If-None-Match": image["ETag"]})
    assert again.status_code == 304
    assert other.get(f"/files/{page.pk}").status_code == 404
    assert "photo.exe" not in words(other.get("/files"))
    change = f"/files/{picture.pk}/change"
    assert other.post(change, {"act": "remove"}).status_code == 404
    saving = {"act": "save", "name": "photo.png", "folder": "", "visibility": "shared"}
    assert visitor.post(change, saving).status_code == 303
    assert other.get(f"/files/{picture.pk}").status_code == 200
    assert other.post(change, {"act": "remove"}).status_code == 303
    assert StoredFile.objects.get(pk=picture.pk).removed_at is None
    assert visitor.post(change, {"act": "remove"}).status_code == 303
    assert other.get(f"/files/{picture.pk}").status_code == 404
    assert "photo.png" in words(visitor.get("/files?whose=removed"))
    assert visitor.post(change, {"act": "restore"}).status_code == 303
    assert "photo.png" in words(other.get("/files?q=PHOTO"))
    reader = a_visitor("files.view", username="reader")
    assert reader.post("/files", {"files": [sent[0]]}).status_code == 403


def test_files_are_shared_with_the_people_of_roles():
    owner = a_visitor("files.view", "files.edit", username="owner")
    people = {}
    for role in ("warehouse", "finance"):
        people[role] = a_visitor("files.view", username=role)
        User.objects.filter(username=role).update(roles=[role], rights=["files.view"])
    sent = {"files": [SimpleUploadedFile("pick.txt", b"pick")], "visibility": "roles"}
    for roles in ([], ["nobody"]):
        sent["files"][0].seek(0)
        refused = owner.post("/files", sent | {"roles": roles})
        assert (refused.status_code, "Choose at least one role" in words(refused)) == (422, True)
    sent["files"][0].seek(0)
    assert owner.post("/files", sent | {"roles": ["warehouse"]}).status_code == 303
    (file,) = StoredFile.objects.all()

    def seen():
        listed = {who for who, one in people.items() if "pick.txt" in words(one.get("/files"))}
        opened = {who for who, one in people.items()
                  if one.get(f"/files/{file.pk}").status_code == 200}  # fmt: skip
        assert listed == opened
        return listed

    assert seen() == {"warehouse"}
    assert 'value="warehouse" checked' in owner.get("/files").content.decode()
    change = {"act": "save", "name": "pick.txt", "folder": "", "visibility": "roles"}
    assert owner.post(f"/files/{file.pk}/change", change).status_code == 303
    assert seen() == {"warehouse"}
    wider = change | {"roles": ["finance", "warehouse"]}
    assert owner.post(f"/files/{file.pk}/change", wider).status_code == 303
    assert seen() == {"warehouse", "finance"}
    private = change | {"visibility": "private"}
    assert owner.post(f"/files/{file.pk}/change", private).status_code == 303
    assert seen() == set()


def test_files_that_cannot_be_kept_are_said(settings):
    settings.LAIDAN_FILE_MAX = 1000
    visitor = a_visitor()
    large = SimpleUploadedFile("large.bin", b"x" * 1001)
    assert visitor.post("/files", {"files": [large]}).status_code == 413
    assert "Choose a file first." in words(visitor.post("/files", {}))
    empty = SimpleUploadedFile("empty.txt", b"")
    assert visitor.post("/files", {"files": [empty]}).status_code == 422
    assert StoredFile.objects.count() == 0
    assert visitor.get("/files/01900000-0000-7000-8000-000000000000").status_code == 404


def test_product_pictures_are_files_linked_to_the_product():
    a_sku("TEE", on_hand=0)
    visitor = a_visitor()
    picture = SimpleUploadedFile("tee.png", PNG + b"tee")
    assert visitor.post("/products/-/pictures/P-TEE", {"files": [picture]}).status_code == 303
    file = StoredFile.objects.get()
    address = f"/files/{file.pk}"
    assert reverse("web:thumbnail", args=[file.pk]) in visitor.get("/products").content.decode()
    assert address in visitor.get("/products/P-TEE").content.decode()
    dropped = visitor.post("/products/-/picture-drop/P-TEE", {"file": file.pk})
    assert dropped.status_code == 303
    assert address not in visitor.get("/products/P-TEE").content.decode()
