"""When another account of the lead may be filed, and who may say that it is the right one: two persons."""

import unicodedata

from eventstore.refusal import Refusal
from workflow.application import Application
from workflow.commands import ChangeAccount, Command, VerifyAccount
from workflow.facts import Facts

SOURCE = "拨付规则·账户变更"


def account_is_readable(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case ChangeAccount(account=account) if not _digits(account).isdigit() or not 8 <= len(_digits(account)) <= 32:
            return Refusal.of("BAD_FORMAT", field="account", expected="8–32 位数字")
        case _:
            return None


def account_of(typed: str) -> str:
    """The number without the gaps that people write; its leading zeros stay."""
    return _digits(typed)


def _digits(typed: str) -> str:
    return "".join(unicodedata.normalize("NFKC", typed[:80]).replace("-", " ").split())


def holder_is_the_unit(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Money goes to an account in the lead unit's own name, written alike but for width and gaps."""
    match command:
        case ChangeAccount(holder=holder) if _plainly(holder) != _plainly(application.unit_name):
            return Refusal.of("HOLDER_MISMATCH", source=SOURCE, holder=holder.strip()[:200], unit=application.unit_name)
        case _:
            return None


def _plainly(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def sealed_letter_is_there(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case ChangeAccount(letter_scan=scan) if not scan.strip():
            return Refusal.of("LETTER_MISSING", source=SOURCE, missing="letter_scan")
        case _:
            return None


def an_account_change_waits(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    return None if application.account_change else Refusal.of("NO_ACCOUNT_CHANGE", source=SOURCE)


def an_account_was_filed(application: Application, command: Command | None, facts: Facts) -> bool:
    """Nobody is shown the second half before there is a first."""
    return command is not None or application.account_change is not None


def two_persons_change_the_account(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    change = application.account_change
    if change is None or facts.actor.id != change.filed_by:
        return None
    return Refusal.of("SAME_PERSON", source=SOURCE, trigger="verify_account")


def a_rejection_says_why(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case VerifyAccount(accepted=False, reason=reason) if not reason.strip():
            return Refusal.of("REASON_REQUIRED", trigger=command.trigger)
        case _:
            return None


def no_account_change_waits(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """While an account is being changed, nothing is instructed to either."""
    if application.account_change is None:
        return None
    return Refusal.of("ACCOUNT_UNVERIFIED", source=SOURCE)
