"""A letter as bytes on the wire: one recipient, text before HTML, every header in seven bits (RFC 5322, 2045, 2047).

Pure. Put together here, read back by other parsers in the tests; docs/decisions/0025 says why not by the standard library.
"""

import hashlib
import hmac
import re
from base64 import b64encode, encodebytes
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from programmes.calendar import BEIJING

LONGEST_SUBJECT = 150
_WORD_BYTES = 39
"""Of UTF-8 in one encoded word: 64 octets with its marks, so that it fits behind the longest name of a header it stands in."""
_LONGEST_LINE = 78
_FOLD = "\r\n "
_ADDRESS = re.compile(r"[!-~]+@[!-~]+\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Unsendable(ValueError):
    """A letter that no mail server should see; says which value is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who letters come from. *address* is From, its domain makes Message-IDs; *bounce_key* signs the return addresses."""

    address: str
    base_url: str
    name: str = "朱印 Vermilion"
    bounce_key: bytes = b""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def message_id(self, letter_id: str) -> str:
        """The same for every attempt at one letter."""
        return f"<letter.{letter_id}@{self.domain}>"

    def thread(self, about: str) -> str:
        """The root all letters about one application refer to."""
        return f"<application.{about}@{self.domain}>"

    def unsubscribe(self, letter_id: str) -> str:
        """The door that turns off letters like this one, by one request without a session (RFC 8058); "" without a key."""
        return f"{self.base_url}/api/v1{self.off_page(letter_id)}" if self.bounce_key else ""

    def off_page(self, letter_id: str) -> str:
        """The page of the same door, for people: it shows what would be turned off, and a button does it."""
        return f"/letters/{letter_id}/off?key={self.key_of(letter_id, 'unsubscribe')}"

    def key_of(self, letter_id: str, purpose: str) -> str:
        """What proves that somebody has the letter: 128 bits, good for one *purpose* alone."""
        return hmac.new(self.bounce_key, f"{purpose}:{letter_id}".encode(), hashlib.sha256).hexdigest()[:32]

    def has_key(self, letter_id: str, purpose: str, key: str) -> bool:
        """Compared in constant time. Without a key of our own nothing is proved."""
        return bool(self.bounce_key) and hmac.compare_digest(key.encode(), self.key_of(letter_id, purpose).encode())

    def return_path(self, letter_id: str) -> str:
        """Where a bounce goes: an address of this letter's own when there is a key to sign it, else the sender's."""
        if not self.bounce_key:
            return self.address
        signature = hmac.new(self.bounce_key, letter_id.encode(), hashlib.sha256).hexdigest()[:8]
        return f"bounce+{letter_id}.{signature}@{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter in words, not yet in bytes. *thread*: what it is about, mostly an application; *languages* of its text, first
    the first; *unsubscribe*: the door that turns letters like it off, "" for what must be served; *traceparent*: the trace of
    the request that caused it (W3C Trace Context), "" where none did; *reply_to*: the name and mailbox of who answers for it.
    *wording* and *fault* are for the row: which versions of the texts it says, and why the house's own stood in for one."""

    letter_id: str
    thread: str
    name: str
    address: str
    subject: str
    text: str
    html: str
    languages: tuple[str, ...]
    at: datetime
    unsubscribe: str = ""
    traceparent: str = ""
    reply_to: tuple[str, str] | None = None
    wording: str = ""
    fault: str = ""


def message(letter: Written, sender: Sender) -> bytes:
    """The bytes of *letter*; the same letter makes the same bytes. Raises Unsendable."""
    thread = _one_line("thread", sender.thread(letter.thread))
    boundary = f"=_{letter.letter_id}"
    lines = [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;{_FOLD}boundary="{boundary}"',
        f"From: {mailbox('From', sender.name, sender.address)}",
        f"To: {mailbox('To', letter.name, letter.address)}",
        f"Subject: {_encoded(subject_of(letter.subject))}",
        f"Date: {format_datetime(letter.at.astimezone(BEIJING))}",
        _plain("Message-ID", sender.message_id(letter.letter_id)),
        _plain("In-Reply-To", thread),
        _plain("References", thread),
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        f"Content-Language: {', '.join(letter.languages)}",
    ]
    if letter.unsubscribe:
        lines += [_plain("List-Unsubscribe", f"<{letter.unsubscribe}>")]
        lines += ["List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    if letter.reply_to:
        lines += [f"Reply-To: {mailbox('Reply-To', *letter.reply_to)}"]
    if letter.traceparent:
        lines += [_plain("Traceparent", letter.traceparent)]
    for kind, text in (("plain", letter.text), ("html", letter.html)):
        lines += ["", f"--{boundary}", f'Content-Type: text/{kind}; charset="utf-8"']
        lines += ["Content-Transfer-Encoding: base64", "", _body(text)]
    lines += [f"--{boundary}--", ""]
    return "\r\n".join(lines).encode("ascii")


def mailbox(header: str, name: str, address: str) -> str:
    """A display name, always as encoded words so that no comma or quote in it can mean anything, and its address."""
    if not _ADDRESS.match(address) or any(mark in address for mark in '<>()[]\\,;:"'):
        raise Unsendable(f"{header}: not an address in ASCII")
    if not name.strip():
        return address
    return f"{_encoded(' '.join(_one_line(f'{header} name', name).split()))}{_FOLD}<{address}>"


def subject_of(text: str) -> str:
    """A subject on one line, cut to a length that lists of letters show."""
    line = " ".join(_one_line("Subject", text).split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def _encoded(text: str) -> str:
    """*text* as encoded words (RFC 2047), broken between characters, one a line: none longer than the standard allows."""
    words: list[str] = []
    word = b""
    for character in text:
        encoded = character.encode()
        if len(word) + len(encoded) > _WORD_BYTES:
            words.append(_word(word))
            word = b""
        word += encoded
    return _FOLD.join([*words, _word(word)] if word else words)


def _word(encoded: bytes) -> str:
    return f"=?utf-8?b?{b64encode(encoded).decode()}?="


def _plain(header: str, value: str) -> str:
    """A header of ids or addresses: never encoded, and folded only where the name of the header ends."""
    line = f"{header}: {_one_line(header, value)}"
    return line if len(line) <= _LONGEST_LINE else f"{header}:{_FOLD}{value}"


def _one_line(header: str, value: str) -> str:
    """*value* as it is; refused when it could end the header or hide something."""
    if _UNPRINTABLE.search(value):
        raise Unsendable(f"{header}: holds a line break or a control character")
    return value


def _body(text: str) -> str:
    """A body with the line ends of mail, in base64; characters no reader could show are refused."""
    try:
        encoded = ("\r\n".join(text.replace("\x00", "").splitlines()) + "\r\n").encode()
    except UnicodeEncodeError as error:
        raise Unsendable("the text holds a lone surrogate") from error
    return encodebytes(encoded).decode("ascii").rstrip("\n").replace("\n", "\r\n")
