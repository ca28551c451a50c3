"""Documents handed in once and used again: certified by the authority, replaced by newer ones, over on their day."""

from __future__ import annotations

from datetime import datetime

from accounts.queries import actor_of
from accounts.service.days import note_owed_documents
from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.desk import desk
from marketplace.reports.verification import verify_everything
from tests.support.deal import PDF
from tests.support.world import World

CERTIFY = {"decision": "certify"}


def hand_in(province: DemoClient, user: str = "sme-heze", *, expect: int = 201, **form: str) -> Json:
    owner = province.get(user, "/me")["organisation"]["id"]
    content = PDF.replace(b"\n", f"\n% {form}\n".encode(), 1)
    path = f"/organisations/{owner}/documents"
    return province.upload(user, path, content, "文件.pdf", expect=expect, **{"kind": "licence", **form})


def certify(province: DemoClient, document: Json, bureau: str = "bureau-heze", **said: str) -> Json:
    return province.post(bureau, f"/documents/{document['id']}/certification", {**CERTIFY, **said})


def states(province: DemoClient, user: str = "sme-heze") -> list[str]:
    """Of what the test handed in; what came with the registration stands before it."""
    found = province.get(user, "/documents")["items"]
    return [each["state"] for each in found if each["filename"] == "文件.pdf"]


def test_a_document_is_certified_by_its_bureau_and_replaced_by_a_newer_one(province: DemoClient) -> None:
    """V6: the bureau of its city alone; the one before serves until the newer one is certified."""
    first = hand_in(province, valid_until="2026-12-31")
    waiting = province.get("bureau-heze", "/documents", state="pending")["items"]
    assert [each["id"] for each in waiting] == [first["id"]]
    province.get("bureau-jinan", f"/documents/{first['id']}", expect=404)
    path = f"/documents/{first['id']}/certification"
    assert province.post("bureau-jinan", path, CERTIFY, expect=404)["code"] == "organisation_document_missing"
    province.post("province", path, CERTIFY, expect=403)
    done = certify(province, first)
    assert (done["state"], done["valid_until"]) == ("certified", "2026-12-31")
    second = hand_in(province)
    assert states(province) == ["certified", "pending"]
    third = hand_in(province, valid_until="2027-06-30")
    assert states(province) == ["certified", "superseded", "pending"]
    certify(province, third, valid_until="2027-05-31")
    assert states(province) == ["superseded", "superseded", "certified"]
    assert province.get("sme-heze", f"/documents/{third['id']}")["valid_until"] == "2027-05-31"
    assert province.post("bureau-heze", f"/documents/{second['id']}/certification", CERTIFY, expect=409)["code"] == (
        "state_forbids"
    )
    assert verify_everything()[1] == []


def test_several_of_one_kind_are_told_apart_by_their_title(province: DemoClient) -> None:
    for title in ("CMA", "CNAS"):
        certify(province, hand_in(province, "provider-jinan", kind="qualification", title=title), "bureau-jinan")
    assert states(province, "provider-jinan") == ["certified", "certified"]


def test_a_refusal_says_why_and_a_certification_may_be_taken_back(province: DemoClient) -> None:
    document = hand_in(province)
    path = f"/documents/{document['id']}/certification"
    assert province.post("bureau-heze", path, {"decision": "refuse"}, expect=422)["code"] == "opinion_missing"
    certify(province, document)
    taken_back = province.post("bureau-heze", path, {"decision": "refuse", "opinion": "证照已注销"})
    assert (taken_back["state"], taken_back["opinion"]) == ("refused", "证照已注销")


def test_what_is_over_is_neither_handed_in_nor_certified(province: DemoClient) -> None:
    refused = hand_in(province, valid_until="2026-03-01", expect=422)
    assert [each["field"] for each in refused["reasons"]] == ["valid_until"]
    document = hand_in(province, valid_until="2026-03-02")
    with clock.at(datetime(2026, 3, 3, tzinfo=clock.SHANGHAI)):
        path = f"/documents/{document['id']}/certification"
        assert province.post("bureau-heze", path, CERTIFY, expect=422)["code"] == "document_refused"
        assert certify(province, document, valid_until="2027-03-02")["state"] == "certified"


def test_the_approval_of_a_registration_certifies_what_was_handed_in_with_it(province: DemoClient) -> None:
    """Of each kind the latest counts; other papers add up."""
    made = World(province).register("sme-heze-new", county="371702")
    path = f"/memberships/{made['id']}/documents"
    files = [("licence", "旧.pdf"), ("licence", "新.pdf"), ("other", "说明一.pdf"), ("other", "说明二.pdf")]
    for kind, name in files:
        province.upload("sme-heze-new", path, PDF.replace(b"\n", f"\n% {name}\n".encode(), 1), name, kind=kind)
    assert states(province, "sme-heze-new") == []
    province.post("bureau-heze", f"/memberships/{made['id']}/review", {"decision": "approve", "opinion": "同意"})
    found = province.get("sme-heze-new", "/documents")["items"]
    assert [(each["kind"], each["filename"], each["state"]) for each in found] == [
        ("licence", "新.pdf", "certified"),
        ("other", "说明一.pdf", "certified"),
        ("other", "说明二.pdf", "certified"),
    ]
    assert verify_everything()[1] == []


def test_a_certified_document_settles_what_a_member_owes_while_it_is_not_over(province: DemoClient) -> None:
    """V15: the registration, the desk and the note when the day passes go by one rule."""
    made = World(province).register("sme-heze-new", county="371702")
    path = f"/memberships/{made['id']}"
    province.upload("sme-heze-new", f"{path}/documents", PDF, "执照.pdf", kind="licence")
    province.post("bureau-heze", f"{path}/review", {"decision": "approve", "opinion": "同意"})

    def owed(day: datetime) -> tuple[list[str], int]:
        with province.app.app_context(), clock.at(day):
            asked = [item.count for item in desk(actor_of("sme-heze-new"), now=day) if item.key == "documents_owed"]
            return province.get("sme-heze-new", path)["missing_documents"], sum(asked)

    assert owed(datetime(2026, 3, 2, 9, tzinfo=clock.SHANGHAI)) == (["financial_statement"], 1)
    statement = hand_in(province, "sme-heze-new", kind="financial_statement", valid_until="2026-03-20")
    assert owed(datetime(2026, 3, 2, 9, tzinfo=clock.SHANGHAI)) == (["financial_statement"], 1), "not certified yet"
    certify(province, statement)
    assert owed(datetime(2026, 3, 20, 9, tzinfo=clock.SHANGHAI)) == ([], 0)
    assert owed(datetime(2026, 3, 21, 9, tzinfo=clock.SHANGHAI)) == (["financial_statement"], 1)
    later = hand_in(province, "sme-heze-new", kind="financial_statement", valid_until="2027-03-20")
    certify(province, later)
    passed = datetime(2026, 3, 31, 0, 1, tzinfo=clock.SHANGHAI)
    assert owed(passed) == ([], 0)
    with province.app.app_context():
        note_owed_documents(now=passed)
    history = province.get("bureau-heze", path)["history"]
    assert "documents_overdue" not in [entry["action"] for entry in history]
