"""Papers to hand in: small, valid PDFs that say what they are."""

from __future__ import annotations

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"


def document(text: str) -> bytes:
    """A small PDF of one page that says what it is."""
    words = text.encode("ascii", "replace").replace(b"(", b"").replace(b")", b"")
    content = b"BT /F1 12 Tf 72 720 Td (" + words + b") Tj ET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PAGE + b" /Resources << /Font << /F1 " + FONT + b" >> >> >>",
        b"<< /Length " + str(len(content)).encode() + b" >>\nstream\n" + content + b"\nendstream",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += str(number).encode() + b" 0 obj\n" + part + b"\nendobj\n"
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    size = str(len(parts) + 1).encode()
    start = str(len(body)).encode()
    head = b"xref\n0 " + size + b"\n0000000000 65535 f \n"
    return body + head + table + b"trailer\n<< /Size " + size + b" /Root 1 0 R >>\nstartxref\n" + start + b"\n%%EOF\n"
