"""Where a body with files lies while it comes in: on the disk that keeps them, without a name, never in memory."""

from typing import IO

from flask import Request

from workflow.files import Files


def requests_into(files: Files) -> type[Request]:
    """Requests whose files are spooled by *files*; NoRoom before a byte of them is written."""

    class Spooled(Request):
        def _get_file_stream(
            self,
            total_content_length: int | None,
            content_type: str | None,
            filename: str | None = None,
            content_length: int | None = None,
        ) -> IO[bytes]:
            return files.spool()

    return Spooled
