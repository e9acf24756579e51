"""A letter as bytes on the wire: one recipient, text before HTML, every header in seven bits (RFC 5322, 2045, 2047).

Pure. Built with the standard library's older classes; docs/decisions/0007 says why not with EmailMessage.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime

from programmes.calendar import BEIJING

LONGEST_ENCODED_WORD = 75
LONGEST_SUBJECT = 150
_POLICY = compat32.clone(linesep="\r\n", max_line_length=78)
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
    the first; *unsubscribe*: the door that turns letters like it off, "" for what must be served."""

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


def message(letter: Written, sender: Sender) -> bytes:
    """The bytes of *letter*; the same letter makes the same bytes. Raises Unsendable."""
    root = MIMEMultipart("alternative", boundary=f"=_{letter.letter_id}", policy=_POLICY)
    thread = _one_line("thread", sender.thread(letter.thread))
    root["From"] = mailbox("From", sender.name, sender.address)
    root["To"] = mailbox("To", letter.name, letter.address)
    root["Subject"] = _encoded("Subject", subject_of(letter.subject))
    root["Date"] = format_datetime(letter.at.astimezone(BEIJING))
    root["Message-ID"] = _one_line("Message-ID", sender.message_id(letter.letter_id))
    root["In-Reply-To"] = thread
    root["References"] = thread
    root["Auto-Submitted"] = "auto-generated"
    root["X-Auto-Response-Suppress"] = "All"
    if letter.unsubscribe:
        root["List-Unsubscribe"] = _one_line("List-Unsubscribe", f"<{letter.unsubscribe}>")
        root["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    root["Content-Language"] = ", ".join(letter.languages)
    root.attach(MIMEText(_lines(letter.text), "plain", "utf-8", policy=_POLICY))
    root.attach(MIMEText(_lines(letter.html), "html", "utf-8", policy=_POLICY))
    return root.as_bytes(policy=_POLICY)


def mailbox(header: str, name: str, address: str) -> str:
    """A display name, always as encoded words so that no comma or quote in it can mean anything, and its address."""
    if not _ADDRESS.match(address) or any(mark in address for mark in '<>()[]\\,;:"'):
        raise Unsendable(f"{header}: not an address in ASCII")
    if not name.strip():
        return address
    return f"{_encoded(header, ' '.join(_one_line(f'{header} name', name).split()))} <{address}>"


def subject_of(text: str) -> str:
    """A subject on one line, cut to a length that lists of letters show."""
    line = " ".join(_one_line("Subject", text).split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def _encoded(header: str, text: str) -> str:
    """*text* as encoded words of at most 75 octets, broken between characters; lines are folded between them later."""
    return " ".join(Header(text, "utf-8", maxlinelen=LONGEST_ENCODED_WORD, header_name=header).encode().split())


def _one_line(header: str, value: str) -> str:
    """*value* as it is; refused when it could end the header or hide something."""
    if _UNPRINTABLE.search(value):
        raise Unsendable(f"{header}: holds a line break or a control character")
    return value


def _lines(text: str) -> str:
    """A body with the line ends of mail; characters no reader could show are refused."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unsendable("the text holds a lone surrogate") from error
    return "\r\n".join(text.replace("\x00", "").splitlines()) + "\r\n"
