"""Who may do what: the policy as a page and as CSV; the administrators see the whole table, everybody else the own part."""

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from admin import policy_table
from admin.pages.people import ROLES
from admin.policy_table import Asked
from directory.policy import may
from web.operations import Operation, file_response
from workflow.pages.desk import asking


def policy(operations: Callable[[], Iterable[Operation]]) -> Blueprint:
    pages = Blueprint("policy", __name__)

    @pages.get("/policy")
    def shown() -> ResponseReturnValue:
        actor, asked = asking("policy.read"), _asked()
        whole = may(actor, "policy.read_all") is None
        held = ROLES if whole else tuple(role for role in ROLES if role in actor.roles)
        return render_template(
            "admin/policy.html",
            rows=policy_table.rows(operations(), actor, asked),
            asked=asked,
            roles=held,
            whole=whole,
            csv="/policy.csv?" + urlencode({"q": asked.q, "role": asked.role, **({"two": "1"} if asked.two else {})}),
        )

    @pages.get("/policy.csv")
    def exported() -> ResponseReturnValue:
        actor = asking("policy.read")
        content = policy_table.csv_of(policy_table.rows(operations(), actor, _asked()))
        return file_response(content, "text/csv; charset=utf-8", "policy.csv")

    return pages


def _asked() -> Asked:
    args = request.args
    role = args.get("role", "")
    return Asked(q=args.get("q", "").strip()[:100], role=role if role in ROLES else "", two=bool(args.get("two")))
