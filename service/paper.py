"""The papers of the played world: small PDF files that are what they say, the same bytes each time."""

PAGE = "/MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"


def pdf(title: str, pages: int = 1) -> bytes:
    """A PDF of *pages* pages that carry *title*; characters outside ASCII are shown by their code."""
    said = title.encode("ascii", "backslashreplace").decode().translate({40: "[", 41: "]", 92: "/"})
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number in range(pages):
        text = f"BT /F1 11 Tf 56 770 Td ({said} - page {number + 1} of {pages}) Tj ET"
        objects.append(f"<< /Type /Page /Parent 2 0 R {PAGE} /Contents {5 + 2 * number} 0 R >>")
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    return _file(objects)


def _file(objects: list[str]) -> bytes:
    written = b"%PDF-1.4\n%\xe6\x9c\xb1\n"
    places: list[int] = []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n".encode("ascii")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    count = len(objects) + 1
    trailer = f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + f"xref\n0 {count}\n0000000000 65535 f \n{table}{trailer}".encode("ascii")
