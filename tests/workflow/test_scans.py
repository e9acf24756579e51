"""A sealed scan is kept under the digest the event holds; who may see the file may have it back, byte for byte."""

import io

from service.paper import pdf
from tests.workflow.house import UNIT, Api, House

PDF = pdf("承诺书")


def keep(api: Api, who: str = "admin") -> str:
    answer = api.ask(who, "POST", "/scans", data={"file": (io.BytesIO(PDF), "承诺书.pdf")})
    assert answer.status_code == 201, answer.json
    return str(answer.json["digest"])


def test_a_commitments_scan_comes_back_to_those_who_may_see_it(house: House, api: Api) -> None:
    application = house.filled()
    digest = keep(api)
    body = {"signer": "沈岳", "signer_kind": "legal_representative", "signed_on": "2025-11-12", "scan_sha256": digest}
    assert api.ask("admin", "PUT", f"/applications/{application}/commitments/{UNIT.code}", body).status_code == 200
    scan = f"/applications/{application}/scans/{digest}"
    assert api.ask("admin", "GET", scan).data == PDF
    assert api.ask("wenqu-admin", "GET", scan).status_code == 404


def test_only_what_the_application_stands_on_is_given(house: House, api: Api) -> None:
    application = house.filled()
    digest = keep(api)
    for asked in (digest, "sha256:" + "0" * 64, "..%2F..%2Fetc", "sha256:xyz"):
        assert api.ask("admin", "GET", f"/applications/{application}/scans/{asked}").status_code == 404


def test_the_same_scan_is_kept_once(house: House, api: Api) -> None:
    assert keep(api) == keep(api, "yuelu-clerk")
    assert house.files.has_scan(keep(api))


def test_the_sweep_leaves_scans_alone(house: House, api: Api) -> None:
    from datetime import UTC, datetime

    digest = keep(api)
    house.files.sweep(lambda ids: (), datetime(2100, 1, 1, tzinfo=UTC))
    assert house.files.has_scan(digest)
