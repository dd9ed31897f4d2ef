"""A packed dump that is damaged is found out wherever the damage is, and said in one sentence."""

import gzip
import random
from pathlib import Path

import pytest

from laidan.engine.dumps import BackupFault, _mysql_must_be_whole

CHANCE = random.Random(7)
DUMP = b"".join(
    [
        *(
            b"INSERT INTO `event` VALUES (0x%s);\n" % CHANCE.randbytes(8).hex().encode()
            for _ in range(20)
        ),
        b"-- Dump completed on 2026-11-22 10:00:00\n",
    ]
)
HEADER = 10


@pytest.fixture(scope="module")
def whole() -> bytes:
    """A packed dump."""
    return gzip.compress(DUMP, compresslevel=3)


def _write(directory: Path, content: bytes) -> Path:
    path = directory / "a.bak"
    path.write_bytes(content)
    return path


def test_a_whole_dump_is_read_to_its_end(tmp_path: Path, whole: bytes) -> None:
    _mysql_must_be_whole(_write(tmp_path, whole))


def _reads(path: Path) -> bool:
    try:
        _mysql_must_be_whole(path)
    except BackupFault:
        return False
    return True


@pytest.mark.parametrize("flip", [0x01, 0xFF])
def test_a_flipped_byte_is_found_wherever_it_is(tmp_path: Path, whole: bytes, flip: int) -> None:
    """All but those that bear no data: the header's time and system, a last byte's empty bits."""
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= flip
        if _reads(_write(tmp_path, bytes(content))):
            assert gzip.decompress(content) == DUMP
            assert place < HEADER or place == len(whole) - 9


@pytest.mark.parametrize("size", [1, 16, 300])
def test_an_overwritten_stretch_is_found_wherever_it_is(
    tmp_path: Path, whole: bytes, size: int
) -> None:
    for place in range(HEADER, len(whole) - size, 7):
        content = whole[:place] + b"\xff" * size + whole[place + size :]
        assert not _reads(_write(tmp_path, content)) or content == whole


def test_a_cut_is_found_wherever_it_is(tmp_path: Path, whole: bytes) -> None:
    for end in range(len(whole)):
        assert not _reads(_write(tmp_path, whole[:end]))


def test_a_dump_that_was_not_finished_is_not_whole(tmp_path: Path) -> None:
    half = gzip.compress(DUMP[: len(DUMP) // 2])
    with pytest.raises(BackupFault, match="not a whole backup"):
        _mysql_must_be_whole(_write(tmp_path, half))


def test_what_hangs_behind_the_end_is_damage(tmp_path: Path, whole: bytes) -> None:
    with pytest.raises(BackupFault, match="damaged"):
        _mysql_must_be_whole(_write(tmp_path, whole + b"more"))
