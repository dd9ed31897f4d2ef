"""Finding the encoding of a text: by its bytes, and never wrong in silence."""

import io

import pytest

from laidan.interfaces.files.encodings import Encoding, detect
from laidan.interfaces.files.faults import BadFileError

CHINESE = "订单编号,收货地址\n1001,浙江省杭州市西湖区文三路\n1002,四川省成都市武侯区\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"order,city\n1,Hangzhou\n", "utf-8"),
        (CHINESE.encode(), "utf-8"),
        (CHINESE.encode("utf-8-sig"), "utf-8-sig"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (CHINESE.encode("gbk"), "gb18030"),
        (CHINESE.encode("utf-16"), "utf-16"),
        ("n\n北京".encode("gb18030"), "gb18030"),
        ("order,place\n1,𠮷祥村\n".encode("gb18030") + CHINESE.encode("gb18030"), "gb18030"),
    ],
)
def test_the_usual_encodings_are_found(content, name):
    assert detect(io.BytesIO(content)) == Encoding(name)


@pytest.mark.parametrize(
    "text",
    [
        "Müller,Köln\nJürgen,Düsseldorf\n",
        "Élodie,naïve café façade\nJoão,São Paulo crème brûlée\n",
    ],
)
def test_western_text_is_guessed_and_not_taken_for_chinese(text):
    found = detect(io.BytesIO(text.encode("cp1252")))
    assert found.guessed
    assert found.label.endswith("(guessed)")
    assert text.encode("cp1252").decode(found.name) == text


def test_big5_is_not_taken_for_gb18030():
    text = "訂單編號,收貨地址\n1001,臺北市中正區重慶南路一段\n1002,高雄市苓雅區四維三路\n" * 5
    found = detect(io.BytesIO(text.encode("big5")))
    assert text.encode("big5").decode(found.name) == text


@pytest.mark.parametrize(
    "broken",
    [
        CHINESE.encode()[:-2],
        CHINESE.encode().replace("杭".encode(), "杭".encode()[:2]),
        b"order,name\n1,\xe7\x8e\n",
        CHINESE.encode() + b"1003,\xff\xfe\n",
    ],
)
def test_half_a_sequence_makes_damaged_utf8_not_another_encoding(broken):
    assert detect(io.BytesIO(broken)) == Encoding("utf-8", damaged=True)


def test_the_detection_reads_past_the_first_megabyte():
    content = b"a,b\n" * 600_000 + "1,北京\n".encode("gb18030") * 3
    assert detect(io.BytesIO(content)).name != "utf-8"


def test_a_character_on_the_edge_of_a_chunk_is_whole():
    content = b"a" * ((1 << 20) - 1) + "中".encode() + b"\n"
    assert detect(io.BytesIO(content)) == Encoding("utf-8")


def test_a_declared_encoding_is_taken_at_its_word():
    content = CHINESE.encode("big5", "ignore")
    assert detect(io.BytesIO(content), "big5").name == "big5"
    with pytest.raises(BadFileError) as caught:
        detect(io.BytesIO(content), "klingon")
    assert caught.value.code == "unknown-encoding"


def test_binary_is_no_table():
    with pytest.raises(BadFileError) as caught:
        detect(io.BytesIO(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))
    assert caught.value.code == "not-a-table"


def test_cut_utf16_is_refused():
    with pytest.raises(BadFileError) as caught:
        detect(io.BytesIO(CHINESE.encode("utf-16")[:-1]))
    assert caught.value.code == "bad-encoding"
