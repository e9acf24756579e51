"""Papers to be drawn in tests: an application form with everything a form can hold, and the smallest of all."""

import struct
import zlib

from paperwork.check_code import code_of
from paperwork.document import (
    Block,
    Box,
    Boxes,
    Document,
    Enclosure,
    Enclosures,
    Figure,
    Heading,
    Line,
    Pairs,
    Part,
    Signatures,
    Table,
    Text,
)

CODE = code_of("0190a1b2", "application_form", "d" * 64)
LINK = f"https://zhuyin.example.gov.cn/v/{CODE}"
NUMBER = "HN-LM-2025-0001"
SENTENCE = "本项目面向工程机械行业的研发设计、生产制造与运维服务场景，基于自研多模态垂直大模型，构建覆盖“数据—模型—应用”的全链条能力。"
RARE = "䶮禤龑𬭎㛃𬭚"


def paper(*blocks: Block, **more: str) -> Document:
    """A letter of one part."""
    return Document(kind="letter", title=("测试",), parts=(Part(heading="", blocks=blocks),), **more)  # type: ignore[arg-type]


def form(length: int = 900) -> Document:
    """The application form for the large model; *length* characters in each of its long texts."""
    return Document(
        kind="application_form",
        title=("2025年湖南省人工智能大模型项目", "申报书"),
        cover=(
            Line(label="项目名称", value="面向工程机械的多模态垂直大模型"),
            Line(label="申报单位", value=f"长沙{RARE}科技有限公司（盖章）"),
        ),
        contents_heading="目录",
        contents_note="（请列明具体目录及页码）",
        number=NUMBER,
        version=3,
        code=CODE,
        link=LINK,
        dated="2025-11-22",
        parts=(
            Part(
                heading="一、真实性承诺",
                blocks=(Text(text="我单位承诺：此次申请所提交的材料均真实。\n特此承诺！"), _SIGNATURES),
            ),
            Part(heading="二、申报信息表"),
            Part(
                heading="（一）单位基本信息",
                level=2,
                blocks=(_UNIT, _CONTACT, _HONOURS, Heading(text="主要经营状况"), _FIGURES),
            ),
            Part(heading="（二）大模型基本信息", level=2, blocks=(_KIND, Text(text=_long(length), heading="单位简介"))),
            Part(heading="（三）大模型简介", level=2, blocks=(Text(text=_long(length)), _PICTURE)),
            Part(heading="（四）模型技术性能", level=2, blocks=(Text(text=_long(length)),)),
            Part(heading="三、相关附件", blocks=(_ENCLOSURES,)),
        ),
    )


def png(width: int = 60, height: int = 40) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xa8\x23\x1c" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _long(length: int) -> str:
    """Paragraphs of Chinese with ever other characters, so that the fonts have something to do."""
    text, place = "", 0
    while len(text) < length:
        text += (
            SENTENCE
            + SENTENCE[: 30 + place % 30]
            + "".join(chr(0x4E00 + (place * 37 + step) % 430) for step in range(9))
        ) + "\n"
        place += 1
    return text[:length]


_SIGNATURES = Signatures(
    lines=(
        Line(label="申报单位法定代表人（签名）"),
        Line(label="申报单位（盖章）"),
        Line(label="", value="        年    月    日"),
    )
)
_UNIT = Pairs(
    rows=(
        (Line(label="单位名称", value="长沙某某科技有限公司"),),
        (Line(label="开户银行", value="中国工商银行长沙麓谷支行"), Line(label="账号", value="43001234567890123456789")),
    )
)
_CONTACT = Table(
    heading="单位联系人",
    columns=("姓名", "职务职称", "联系电话", "邮箱"),
    rows=(("禤龑", "主任", "13800138000", "a.very.long.name@some-company-name.example.com.cn"),),
    widths=(3, 4, 4, 6),
    beside=True,
)
_HONOURS = Table(
    heading="单位所获荣誉（省级及以上）",
    columns=("序号", "荣誉名称", "获得时间"),
    rows=(("1", "湖南省科学技术进步奖", "2023-01"), ("2", "省级企业技术中心", "2024-05")),
    widths=(1, 5, 2),
    beside=True,
)
_FIGURES = Table(
    columns=("申报单位经营指标", "2023年", "2024年"),
    rows=tuple((name, "12,345.678901", "23,456.78") for name in ("总资产（万元）", "净利润（万元）", "税金（万元）")),
    widths=(2, 2, 2),
    numeric=(1, 2),
)
_KIND = Boxes(
    label="大模型类型", options=(Box(text="基础通用大模型"), Box(text="垂直领域大模型", ticked=True, beside="工程机械"))
)
_PICTURE = Figure(data=png(), media_type="image/png", caption="图1 总体架构")
_ENCLOSURES = Enclosures(
    enclosures=(
        Enclosure(label="法定代表人身份证及营业执照复印件", name="证照.pdf", pages=3, sha256="a" * 64),
        Enclosure(label="近两年财务审计报告", name="审计.pdf", pages=40, sha256="b" * 64),
        Enclosure(label="联合体合作协议（如适用）"),
        Enclosure(label="知识产权证明材料", name="清单.docx", sha256="c" * 64),
        Enclosure(label="应用推广证明材料", name="合同.pdf", pages=7, sha256="d" * 64),
    ),
    note="（注：证明材料请列明清单，以附件形式附后）",
)
