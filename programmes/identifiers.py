"""The numbers by which units and people are reached: credit code, phone, e-mail, bank account.

Each reader answers the text to keep, or raises `NotReadable` with the refusal's code and what is wrong.
"""

import re
import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

_CODE_ALPHABET = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_EXTENSION = re.compile(r"(?:-|转|#|分机)\s*(\d{1,6})$")


class NotReadable(ValueError):
    """What was typed is not what the field asks for; becomes a refusal of this code."""

    def __init__(self, code: str = "BAD_FORMAT", **params: str | int) -> None:
        self.code, self.params = code, params
        super().__init__(code)


def credit_code(text: str) -> str:
    """A 统一社会信用代码 (GB 32100-2015) in its normal form; USCC_CHECK with the reason otherwise."""
    code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    if len(code) != 18:
        raise NotReadable("USCC_CHECK", reason="length", measure=len(code), limit=18)
    if not _CODE_ALPHABET.fullmatch(code) or code.startswith("00"):
        raise NotReadable("USCC_CHECK", reason="alphabet")
    try:
        expected = str(uscc.calc_check_digit(code[:17]))
    except ValidationError:  # the library knows no authority that is a letter, the standard does
        raise NotReadable("USCC_CHECK", reason="alphabet") from None
    if code[17] != expected:
        raise NotReadable("USCC_CHECK", reason="check", expected=expected)
    return code


def phone(text: str) -> str:
    """A mainland number, mobile or landline, as typed; an extension after `-` or 转 is allowed."""
    typed = unicodedata.normalize("NFKC", text).strip()
    e164(typed)
    return typed


def e164(typed: str) -> tuple[str, str]:
    """The dialled form of *typed* and its extension ("" if none). NotReadable where no such number can exist."""
    for number, extension in ((typed, ""), *_without_extension(typed)):
        try:
            parsed = phonenumbers.parse(number, "CN")
        except phonenumbers.NumberParseException:
            continue
        if parsed.country_code == 86 and not parsed.extension and phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), extension
    raise NotReadable(expected="phone")


def _without_extension(typed: str) -> list[tuple[str, str]]:
    # phonenumbers would merge 0731-88955549-801 into one invalid number
    found = _EXTENSION.search(typed)
    return [(typed[: found.start()], found[1])] if found else []


def email(text: str) -> str:
    """An address mail can be sent to. Names under .test pass: they exist for rehearsals (RFC 2606)."""
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized
    except (EmailNotValidError, UnicodeError):
        raise NotReadable(expected="email") from None


def account(text: str) -> str:
    """A unit's bank account: 6 to 32 digits, kept as text with its leading zeros. No Luhn: that is for cards."""
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"[0-9]{6,32}", digits):
        raise NotReadable(expected="account", measure=len(digits), limit=32)
    return digits
