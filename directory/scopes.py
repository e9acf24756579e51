"""What an API token may do of what its person may: a few scopes over the actions of the policy, as data.

Pure. What everybody may needs no scope; what a person does only when signed in is in none.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType


class Scope(StrEnum):
    """The order is that of the form: from looking on to running the house."""

    READ = "read"
    DRAFT = "draft"
    ACT = "act"
    MONEY = "money"
    WEBHOOKS = "webhooks"
    ACCOUNT = "account"
    AUDIT = "audit"
    PEOPLE = "people"
    UPKEEP = "upkeep"


def _of(prefix: str, names: str) -> frozenset[str]:
    return frozenset(f"{prefix}.{name}" for name in names.split())


SCOPES: Mapping[Scope, frozenset[str]] = MappingProxyType(
    {
        Scope.READ: _of("application", "list read actions figures file.read history")
        | {"paper.read", "inbox.read", "figures.read", "recommendation_list.read", "exception.read", "related.read"}
        | {
            "ranking.read",
            "review.record",
            "objection.read",
            "payment.read",
            "letter.read",
            "receipt.read",
            "account.read",
        }
        | {"unit.read", "expert.read", "policy.read", "policy.read_all"},
        Scope.DRAFT: _of("application", "create save print invite uninvite remove_member set_ratios set_terms")
        | _of("application", "issue_agreement sign_agreement ask_confirmation")
        | {"scan.keep", "letter.remind", "letter.resend"},
        Scope.ACT: _of("application", "seal recall withdraw leave resubmit ask_reconsideration waive self_evaluate")
        | _of("application", "recommend not_recommend receive return extend form_fail reconsider form_pass")
        | _of(
            "application",
            "draw declare score close_review site_result not_select propose publish enter_audit check_audit",
        )
        | _of("application", "dismiss uphold reserve award close cancel_award")
        | {"scan.keep", "unit.bar", "exception.grant"},
        Scope.MONEY: _of("application", "plan instruct confirm_paid return_payment change_account verify_account")
        | _of("application", "hand_on confirm_hand_on demand_recovery record_repayment correct confirm_correction")
        | {"scan.keep", "statement.book"},
        Scope.WEBHOOKS: _of("webhook", "read manage trust"),
        Scope.ACCOUNT: frozenset({"letter.choose", "token.list", "token.revoke"}),
        Scope.AUDIT: _of("history", "read unmask") | {"evidence.export"},
        Scope.PEOPLE: _of("person", "read invite restrict erase")
        | _of("grant", "give confirm take_back")
        | {"token.revoke_of", "erasure.read", "expert.list"},
        Scope.UPKEEP: _of("letter", "list resend bounce suppress text.read text.publish")
        | {"upkeep.read", "outgoing.hold", "projection.rebuild", "clock.move"},
    }
)

IN_PERSON = frozenset(
    {"session.list", "session.revoke", "token.issue", "credential.change", "factor.ask_reset", "factor.confirm_reset"}
)
"""What no token does: a stolen one would make itself others, or lock its person out."""


def scopes_of(action: str) -> tuple[Scope, ...]:
    """The scopes that hold *action*, one of which a token must have."""
    return tuple(scope for scope, actions in SCOPES.items() if action in actions)


def reaches(scopes: Collection[Scope], action: str) -> bool:
    """Whether a token of *scopes* may do *action*, if its person may."""
    return any(action in SCOPES[scope] for scope in scopes)


def written(scopes: Collection[Scope]) -> str:
    """As the database keeps them: in the order of the form, parted by spaces."""
    return " ".join(scope.value for scope in Scope if scope in scopes)


def read(text: str) -> frozenset[Scope]:
    return frozenset(Scope(word) for word in text.split())


EVERY = frozenset(Scope)
