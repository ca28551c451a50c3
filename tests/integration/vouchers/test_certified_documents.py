"""V16 files: a certified document stands for a new upload, by choice or by itself where the pack requires its kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core import clock, policy
from core.policy import DEFAULT_PACK
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.integration.accounts.test_documents import certify, hand_in, states
from tests.support.deal import DECLARED, PDF, add_materials, order, service_id, walk

TESTING = "testing: [service_contract, invoice, result_proof, innovation_relevance_proof]"


@pytest.fixture
def licence_needed(province: DemoClient, tmp_path: Path) -> Iterator[DemoClient]:
    """A province whose pack asks for a licence and for a paper that no other province knows."""
    folder = Path(shutil.copytree(DEFAULT_PACK, tmp_path / "licences"))
    vouchers, kinds = folder / "vouchers.yaml", folder / "materials.yaml"
    asked = TESTING.replace("]", ", licence, ethics_approval]")
    vouchers.write_text(vouchers.read_text("utf-8").replace(TESTING, asked), "utf-8")
    further = "      - {code: ethics_approval, zh: 伦理审查意见, en: ethics approval}\n"
    kinds.write_text(kinds.read_text("utf-8") + further, "utf-8")
    for each in province.get("provider-jinan", "/documents")["items"]:
        verdict = {"decision": "refuse", "opinion": "重新提交"}
        province.post("bureau-jinan", f"/documents/{each['id']}/certification", verdict)
    policy.select(folder)
    yield province
    policy.select(DEFAULT_PACK)


def ready(
    province: DemoClient, number: int, *, mode: str = "direct_deduction", claimant: str = "provider-jinan"
) -> str:
    """The address of a draft claim with the four materials of V16 files."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"))
    done = walk(province, placed, user="sme-heze")
    add_materials(province, done, claimant="provider-jinan", number=f"2637{number:016d}")
    return f"/claims/{done['claim_id']}"


def submit(province: DemoClient, path: str, *, expect: int = 201) -> Json:
    return province.post("provider-jinan", f"{path}/submission", {"declarations": DECLARED}, expect=expect)


def faults(answer: Json) -> list[tuple[str, str]]:
    return [(each["code"], each["field"]) for each in answer["reasons"]]


def live(claim: Json, kind: str) -> Json:
    found: list[Json] = [each for each in claim["materials"] if each["kind"] == kind and each["live"]]
    assert len(found) == 1
    return found[0]


def test_a_required_licence_is_taken_from_the_certified_one_which_the_claim_then_keeps(
    licence_needed: DemoClient,
) -> None:
    """Uploaded once, used by every claim until its last day; a later change leaves handed-in claims alone."""
    province = licence_needed
    path = ready(province, 1)
    missing = [("material_missing", "materials.licence"), ("material_missing", "materials.ethics_approval")]
    assert faults(submit(province, path, expect=422)) == missing
    province.upload("provider-jinan", f"{path}/materials", PDF, "伦理.pdf", kind="ethics_approval")
    document = hand_in(province, "provider-jinan", valid_until="2026-03-10")
    assert faults(submit(province, path, expect=422)) == missing[:1], "not certified yet"
    certify(province, document, "bureau-jinan")
    claim = submit(province, path)
    used = live(claim, "licence")
    assert (used["document_id"], used["sha256"]) == (document["id"], document["sha256"])
    assert live(claim, "ethics_approval")["document_id"] is None

    certify(province, hand_in(province, "provider-jinan", title="", valid_until="2026-03-11"), "bureau-jinan")
    assert states(province, "provider-jinan") == ["superseded", "certified"]
    kept = live(province.get("province", path), "licence")
    assert (kept["document_id"], kept["sha256"]) == (document["id"], document["sha256"])
    assert verify_everything()[1] == []


def test_one_that_is_over_satisfies_no_more_and_a_newer_one_takes_its_place(licence_needed: DemoClient) -> None:
    """At ±1 second: on its last day it still stands; a returned claim needs one that stands when it comes again."""
    province = licence_needed
    first, second = ready(province, 2), ready(province, 3)
    for path in (first, second):
        province.upload("provider-jinan", f"{path}/materials", PDF, "伦理.pdf", kind="ethics_approval")
    certify(province, hand_in(province, "provider-jinan", valid_until="2026-03-10"), "bureau-jinan")
    with clock.at(datetime(2026, 3, 10, 23, 59, 59, tzinfo=clock.SHANGHAI)):
        assert submit(province, first)["state"] == "submitted"
        verdict = {"decision": "return", "opinion": "请补正", "defects": ["发票不清晰"]}
        province.post("bureau-heze", f"{first}/city-review", verdict)
    with clock.at(datetime(2026, 3, 11, 0, 0, 0, tzinfo=clock.SHANGHAI)):
        assert faults(submit(province, second, expect=422)) == [("material_missing", "materials.licence")]
        assert faults(submit(province, first, expect=422)) == [("document_lapsed", "materials.licence")]
        newer = hand_in(province, "provider-jinan", valid_until="2027-03-10")
        certify(province, newer, "bureau-jinan")
        for path in (first, second):
            assert live(submit(province, path), "licence")["document_id"] == newer["id"]
    assert verify_everything()[1] == []


def test_a_claim_may_choose_a_certified_document_of_its_claimant_only(province: DemoClient) -> None:
    """The claimant's own; another party's is missing to it, one that is not certified is refused."""
    path = ready(province, 4)
    use = f"{path}/certified-materials"
    document = hand_in(province, "provider-jinan", kind="qualification", title="CMA")
    refused = province.post("provider-jinan", use, {"document_id": document["id"]}, expect=422)
    assert faults(refused) == [("document_not_certified", "document_id")]
    certify(province, document, "bureau-jinan")
    used = province.post("provider-jinan", use, {"document_id": document["id"]})
    assert (used["kind"], used["sha256"], used["document_id"]) == ("qualification", document["sha256"], document["id"])
    sharing = hand_in(province, "provider-jinan", kind="sharing_rules")
    certify(province, sharing, "bureau-jinan")
    assert province.post("provider-jinan", use, {"document_id": sharing["id"]})["kind"] == "other"
    foreign = hand_in(province)
    certify(province, foreign)
    province.post("provider-jinan", use, {"document_id": foreign["id"]}, expect=404)
    submit(province, path)
    late = province.post("provider-jinan", use, {"document_id": document["id"]}, expect=409)
    assert late["code"] == "materials_closed"


def test_a_kind_that_the_pack_does_not_name_is_refused(province: DemoClient) -> None:
    path = ready(province, 5)
    refused = province.upload("provider-jinan", f"{path}/materials", PDF, "a.pdf", expect=422, kind="ethics_approval")
    assert faults(refused) == [("material_kind_unknown", "kind")]
