"""Every fact of the register ever written can be read for ever: one line of the log for each type and version."""

import msgspec
import pytest

from directory.events import EVENTS, BureauRegistered, ExpertListed, GrantGiven, GrantProposalClosed
from eventstore.codec import Codec
from eventstore.event import Personal

WRITTEN = {
    ("directory.person_registered", 1): (
        '{"email":{"pd":"e"},"language":"zh","name":{"pd":"n"},"person":"p","phone":{"pd":"t"}}'
    ),
    ("directory.expert_listed", 1): (
        '{"employer":"湖南大学","fields":["软件"],"former":[{"employer":"中南大学","since":2015,"until":2021}],"person":"p",'
        '"title":"教授"}'
    ),
    ("directory.expert_delisted", 1): '{"person":"p","reason":"本人申请退出"}',
    ("directory.grant_given", 1): (
        '{"by":"admin","person":"p","reason":"","role":"unit.admin","scope":"91430104MAXTE5T16B"}'
    ),
    ("directory.grant_taken_back", 1): '{"person":"p","reason":"调离","role":"province.lead","scope":"43"}',
    ("directory.grant_proposed", 1): (
        '{"by":"security","person":"p","reason":"新任","role":"bureau.head","scope":"430104","until":"2025-11-17T04:00:00+00:00"}'
    ),
    ("directory.grant_proposal_closed", 1): (
        '{"by":"security","person":"p","reason":"误提","role":"bureau.head","scope":"430104","why":"withdrawn"}'
    ),
    ("directory.language_chosen", 1): '{"language":"en","person":"p"}',
    ("directory.person_restricted", 1): '{"by":"operator","person":"p","reason":"保存期满"}',
    ("directory.person_erased", 1): '{"person":"p","reason":"本人要求"}',
    ("directory.token_issued", 1): (
        '{"handle":"0a1b","person":"p","scopes":["read","draft"],"until":"2026-11-03T04:00:00+00:00"}'
    ),
    ("directory.token_revoked", 1): '{"handle":"0a1b","person":"p"}',
    ("directory.person_invited", 1): (
        '{"by":"admin","email":{"pd":"e"},"expires_at":"2025-11-10T04:00:00+00:00","invitation":"i","language":"zh",'
        '"name":{"pd":"n"},"role":"unit.editor","scope":"91430104MAXTE5T16B","secret":{"pd":"s"},"secret_digest":"d"}'
    ),
    ("directory.person_invitation_resent", 1): (
        '{"expires_at":"2025-11-10T04:00:00+00:00","invitation":"i","secret":{"pd":"s"},"secret_digest":"d"}'
    ),
    ("directory.person_invitation_withdrawn", 1): '{"by":"admin","invitation":"i"}',
    ("directory.person_invitation_accepted", 1): '{"invitation":"i","person":"p"}',
    ("directory.unit_registered", 1): (
        '{"code":"91430104MAXTE5T16B","county":"430104","group_root":"","kind":"enterprise","legal_person":true,'
        '"name":"湖南岳麓智模科技有限公司","name_en":"","registered_on":"2021-06-18","tags":["ai_enterprise"]}'
    ),
    ("directory.unit_barred", 1): (
        '{"code":"91430104MAXTE5T16B","decision_number":"湘工信罚〔2025〕3号","reason":"弄虚作假","starts":"2025-10-01",'
        '"until":"2028-09-30"}'
    ),
    (
        "directory.unit_unbarred",
        1,
    ): '{"code":"91430104MAXTE5T16B","decision_number":"湘工信〔2026〕9号","reason":"已经整改"}',
    ("directory.bureau_registered", 1): (
        '{"code":"430104","email":"","level":"county","name_en":"Yuelu","name_zh":"岳麓区工信局","region":"430104"}'
    ),
}
CODEC = Codec(EVENTS)


def test_every_type_has_its_line_at_its_newest_version() -> None:
    assert {(name, CODEC.schema_version(name)) for name in EVENTS} <= set(WRITTEN)


@pytest.mark.parametrize(("written", "payload"), WRITTEN.items())
def test_what_was_written_can_be_read_and_is_written_the_same(written: tuple[str, int], payload: str) -> None:
    name, version = written
    event = CODEC.read(name, version, payload)
    assert CODEC.encode(event) == (name, version, payload)


def test_name_address_and_phone_are_personal() -> None:
    payload = WRITTEN["directory.person_registered", 1]
    event = CODEC.read("directory.person_registered", 1, payload, {"n": "王小明", "e": "w@example.cn"})
    assert (getattr(event, "name"), getattr(event, "phone")) == (Personal("王小明", "n"), Personal(None, "t"))  # noqa: B009
    assert "王小明" not in msgspec.json.encode(payload).decode()


def test_a_bureau_registered_before_it_had_a_mailbox_has_none() -> None:
    old = CODEC.read(
        "directory.bureau_registered",
        1,
        '{"code":"430104","level":"county","name_en":"Yuelu","name_zh":"岳麓区工信局","region":"430104"}',
    )
    assert old == BureauRegistered(
        code="430104", level="county", name_en="Yuelu", name_zh="岳麓区工信局", region="430104", email=""
    )


def test_an_expert_listed_before_there_were_former_employers_has_none() -> None:
    old = CODEC.read(
        "directory.expert_listed", 1, '{"employer":"湖南大学","fields":["软件"],"person":"p","title":"教授"}'
    )
    assert old == ExpertListed(person="p", employer="湖南大学", title="教授", fields=("软件",))


def test_a_role_given_before_the_log_said_by_whom_was_given_by_whoever_acted() -> None:
    given = CODEC.read("directory.grant_given", 1, '{"person":"p","role":"unit.admin","scope":"91430104MAXTE5T16B"}')
    closed = CODEC.read(
        "directory.grant_proposal_closed", 1, '{"by":"h","person":"p","role":"expert","scope":"43","why":"refused"}'
    )
    assert isinstance(given, GrantGiven)
    assert isinstance(closed, GrantProposalClosed)
    assert (given.by, given.reason, closed.reason) == ("", "", "")
