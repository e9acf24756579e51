"""A PDF read back as somebody else's program reads it."""

import re
from functools import cached_property
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from paperwork.pdf import Rendered

RESTS = re.compile(r"\s+")


class Read:
    """The text of each page, with and without its spaces and line ends."""

    def __init__(self, rendered: Rendered) -> None:
        self.reader = PdfReader(BytesIO(rendered.data))

    @cached_property
    def pages(self) -> list[str]:
        return [page.extract_text() for page in self.reader.pages]

    @cached_property
    def packed(self) -> list[str]:
        return [RESTS.sub("", text) for text in self.pages]

    def outline(self) -> list[tuple[str, int]]:
        """Bookmarks in order, with the page each leads to, from 1."""
        return list(self._outlined(self.reader.outline))

    def _outlined(self, entries: Any) -> Any:
        for entry in entries:
            if isinstance(entry, list):
                yield from self._outlined(entry)
            else:
                number = self.reader.get_destination_page_number(entry)
                yield RESTS.sub("", str(entry.title)), (number or 0) + 1
