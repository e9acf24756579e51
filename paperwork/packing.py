"""An office file made the same every time: the libraries write the clock into it, and we take it out again."""

import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_CORE = "docProps/core.xml"
_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_UNDATED = "1980-01-01"


def repacked(data: bytes, dated: str) -> bytes:
    """*data* with every time in it set to midnight (UTC) of *dated*, YYYY-MM-DD, and its members dated 1980."""
    written = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(written, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == _CORE:
                content = _TIMES.sub(rb"\g<1>%sT00:00:00Z\g<2>" % (dated or _UNDATED).encode(), content)
            member = ZipInfo(name, _EARLIEST)
            member.compress_type = ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            new.writestr(member, content)
    return written.getvalue()


def writable(text: str) -> str:
    """*text* without what XML 1.0 cannot hold: control characters, lone surrogates, the last two of the plane."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


_UNWRITABLE = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
