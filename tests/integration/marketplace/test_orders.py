"""From the quote to the completed order, through the API: sums, states, deadlines and who may do what."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core import clock
from core.permissions import SYSTEM
from marketplace.demo.client import DemoClient
from marketplace.jobs import JOBS
from marketplace.reports.verification import verify_everything
from tests.support.deal import MONDAY, STEPS, ask, order, service_id, walk

NEXT_DAY = MONDAY + timedelta(days=1)


def room(client: DemoClient, user: str) -> int:
    """What the user's controller has left this year."""
    return int(ask(client, user, service_id("demo-ms-sample"))["cap_room_fen"])


def test_v12_rate_follows_the_user_not_the_provider(province: DemoClient) -> None:
    """V12: 100,000.00 from a Jinan laboratory: 60,000.00 for a Heze user, 40,000.00 for a Jinan user."""
    pilot = service_id("demo-pilot-time")
    heze = ask(province, "sme-heze", pilot)
    jinan = ask(province, "sme-jinan", pilot)
    assert (heze["price_fen"], heze["rate"], heze["subsidy_fen"], heze["self_pay_fen"]) == (
        10_000_000,
        "0.60",
        6_000_000,
        4_000_000,
    )
    assert (jinan["rate"], jinan["subsidy_fen"], jinan["self_pay_fen"]) == ("0.40", 4_000_000, 6_000_000)


def test_order_from_quote_to_completion_in_direct_deduction(province: DemoClient) -> None:
    """V16(1): the user pays the net; completion opens the provider's claim."""
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    assert (placed["state"], placed["due_to_provider_fen"]) == ("placed", 4_000_000)
    done = walk(province, placed, user="sme-heze")
    assert (done["state"], done["paid_fen"], done["outstanding_fen"]) == ("completed", 4_000_000, 0)
    claim = province.get("provider-jinan", f"/claims/{done['claim_id']}")
    assert (claim["state"], claim["claimed_fen"], claim["base_fen"]) == ("draft", 6_000_000, 10_000_000)


def test_full_payment_pays_the_provider_the_whole_price(province: DemoClient) -> None:
    """V16(2): the user pays all, and the claim is the user's."""
    placed = order(province, "sme-jinan", service_id("demo-pilot-time"), payment_mode="full_payment")
    done = walk(province, placed, user="sme-jinan")
    assert (done["paid_fen"], done["subsidy_fen"], done["self_pay_fen"]) == (10_000_000, 4_000_000, 6_000_000)
    claim = province.get("sme-jinan", f"/claims/{done['claim_id']}")
    assert claim["claimant_id"] == claim["payee_id"] == done["beneficiary_id"]


def test_a_smaller_actual_quantity_releases_and_refunds(province: DemoClient) -> None:
    """V12 hold: a smaller fee releases the difference of the hold and refunds what was paid too much."""
    before = room(province, "sme-heze")
    placed = order(province, "sme-heze", service_id("demo-ms-sample"), quantity="10")
    done = walk(province, placed, user="sme-heze", quantity="4")
    assert (done["price_fen"], done["subsidy_fen"], done["self_pay_fen"]) == (320_000, 192_000, 128_000)
    assert (done["paid_fen"], done["outstanding_fen"]) == (128_000, 0)
    assert room(province, "sme-heze") == before - 192_000


def test_a_larger_actual_quantity_is_self_pay(province: DemoClient) -> None:
    """V12 hold: the subsidy never rises; more than was agreed is the user's own, and only the user may say so."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"), quantity="10")
    delivered = walk(province, placed, user="sme-heze", until="delivery")
    body = {"completed_on": "2026-03-02", "quantity": "12"}
    refused = province.post("provider-jinan", f"/orders/{delivered['id']}/completion", body, expect=422)
    assert [reason["code"] for reason in refused["reasons"]] == ["provider_raises_quantity"]
    done = province.post("sme-heze", f"/orders/{delivered['id']}/completion", body)
    assert (done["price_fen"], done["subsidy_fen"], done["self_pay_fen"]) == (960_000, 480_000, 480_000)
    assert done["outstanding_fen"] == 160_000
    paid = province.post("provider-jinan", f"/orders/{done['id']}/payment")
    assert paid["outstanding_fen"] == 0


def test_completion_names_every_fault_at_once(province: DemoClient) -> None:
    """A date before the service, or in the future, and a quantity the provider may not state: all named."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"))
    walk(province, placed, user="sme-heze", until="delivery")
    path = f"/orders/{placed['id']}/completion"
    future = province.post("provider-jinan", path, {"completed_on": "2026-03-03", "quantity": "2"}, expect=422)
    assert {reason["code"] for reason in future["reasons"]} == {"completed_in_future", "provider_raises_quantity"}
    assert all(reason["text"] and reason["text_en"] for reason in future["reasons"])
    early = province.post("sme-heze", path, {"completed_on": "2026-03-01"}, expect=422)
    assert [reason["code"] for reason in early["reasons"]] == ["completed_before_start"]


@pytest.mark.parametrize("ending", ["decline", "cancellation"])
def test_an_order_that_ends_frees_slot_and_hold(province: DemoClient, ending: str) -> None:
    """V12 hold: declined or cancelled, slot and hold are free again in the same transaction."""
    before = room(province, "sme-heze")
    slot = {"starts_at": NEXT_DAY.isoformat(), "ends_at": (NEXT_DAY + timedelta(hours=2)).isoformat()}
    placed = order(province, "sme-heze", service_id("demo-ms-hour"), **slot)
    assert room(province, "sme-heze") == before - 48_000
    taken = {"service_id": service_id("demo-ms-hour"), "payment_mode": "direct_deduction", **slot}
    assert province.post("sme-jinan", "/quotes", taken, expect=409)["code"] == "slot_taken"
    who = "provider-jinan" if ending == "decline" else "sme-heze"
    ended = province.post(who, f"/orders/{placed['id']}/{ending}", {"reason": "仪器检修"})
    assert ended["ended_reason"] == "仪器检修"
    assert room(province, "sme-heze") == before
    assert ask(province, "sme-jinan", service_id("demo-ms-hour"), **slot)["eligible"]


def test_cancelling_a_paid_order_refunds_it(province: DemoClient) -> None:
    """An order cancelled while in service: what was paid goes back in full."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"))
    walk(province, placed, user="sme-heze", until="service-start")
    ended = province.post("sme-heze", f"/orders/{placed['id']}/cancellation")
    assert (ended["state"], ended["paid_fen"], ended["outstanding_fen"]) == ("cancelled", 0, 0)
    assert verify_everything()[1] == []


def test_an_unanswered_order_lapses_after_five_working_days(province: DemoClient) -> None:
    """V12 hold: placed on Monday 2026-03-02, to be answered by Monday 03-09; on 03-10 it has lapsed."""
    before = room(province, "sme-heze")
    placed = order(province, "sme-heze", service_id("demo-ms-sample"))
    assert placed["respond_by"] == "2026-03-09"
    (lapse,) = (job for job in JOBS if job.name == "lapse_unanswered_orders")
    for day, state in ((9, "placed"), (10, "lapsed")):
        with clock.at(datetime(2026, 3, day, 23, 59, tzinfo=clock.SHANGHAI)):
            lapse.run(clock.now(), clock.now())
            assert province.get("sme-heze", f"/orders/{placed['id']}")["state"] == state
    assert room(province, "sme-heze") == before
    assert SYSTEM.role == "system"


def test_s17_no_service_before_both_signatures(province: DemoClient) -> None:
    """S17: service start before signature is refused; the second side signs what the first signed."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"))
    path = f"/orders/{placed['id']}"
    province.post("provider-jinan", f"{path}/acceptance")
    terms = dict.fromkeys(
        ("content", "intellectual_property", "confidentiality", "damages", "breach", "disputes"), "双方约定"
    )
    incomplete = {"terms": {"content": "分析", "breach": "赔偿"}}
    faults = province.post("provider-jinan", f"{path}/contract", incomplete, expect=422)
    assert {reason["field"] for reason in faults["reasons"]} == {
        "terms.intellectual_property",
        "terms.confidentiality",
        "terms.damages",
        "terms.disputes",
    }
    province.post("provider-jinan", f"{path}/contract", {"terms": terms})
    assert province.post("provider-jinan", f"{path}/service-start", expect=409)["code"] == "state_forbids"
    assert province.post("provider-jinan", f"{path}/contract", expect=409)["code"] == "signed_already"
    other = {"terms": {**terms, "breach": "不赔偿"}}
    assert province.post("sme-heze", f"{path}/contract", other, expect=409)["code"] == "terms_differ"
    signed = province.post("sme-heze", f"{path}/contract", {"terms": terms})
    assert (signed["state"], signed["contract_terms"]) == ("contracted", terms)
    assert province.post("provider-jinan", f"{path}/service-start")["state"] == "in_service"


def test_v16_out_of_province_only_in_full_payment_with_unmet_need(province: DemoClient) -> None:
    """V16 out: direct deduction refused; no statement of unmet need refused; with it, supported."""
    nmr = service_id("demo-nmr-sample")
    deducted = ask(province, "sme-heze", nmr, unmet_need="省内无600MHz固体探头")
    silent = ask(province, "sme-heze", nmr, payment_mode="full_payment")
    for quote in (deducted, silent):
        assert (quote["eligible"], quote["subsidy_fen"]) == (False, 0)
        assert [reason["article"] for reason in quote["reasons"]] == ["V16 out"]
    assert province.post("sme-heze", "/orders", {"quote_id": deducted["id"]}, expect=422)["code"] == "deduction_refused"
    stated = ask(province, "sme-heze", nmr, payment_mode="full_payment", unmet_need="省内无600MHz固体探头")
    assert (stated["eligible"], stated["subsidy_fen"]) == (True, 72_000)


def test_v11_x_excluded_and_publicly_funded_orders_get_no_subsidy(province: DemoClient) -> None:
    """V11 x: flagged 批量检测, or naming a public project: no subsidy, and why; it may be ordered at one's own cost."""
    sample = service_id("demo-ms-sample")
    batch = ask(province, "sme-heze", sample, excluded="batch_test", payment_mode="full_payment")
    funded = ask(province, "sme-heze", sample, public_project_number="2025CXPT001", payment_mode="full_payment")
    for quote in (batch, funded):
        assert (quote["subsidy_fen"], quote["self_pay_fen"]) == (0, quote["price_fen"])
        assert [reason["article"] for reason in quote["reasons"]] == ["V11 x"]
    placed = province.post("sme-heze", "/orders", {"quote_id": batch["id"]})
    done = walk(province, placed, user="sme-heze")
    assert (done["subsidy_fen"], done["claim_id"], done["paid_fen"]) == (0, None, done["price_fen"])


def test_v23_an_order_outside_the_measures_term_is_refused(province: DemoClient) -> None:
    """V23: on 2030-01-24 there is no voucher and no policy version."""
    with clock.at(datetime(2030, 1, 24, 9, 0, tzinfo=clock.SHANGHAI)):
        quote = ask(province, "sme-heze", service_id("demo-ms-sample"))
    assert quote["policy_version"] is None
    assert "V23" in [reason["article"] for reason in quote["reasons"]]


def test_a_quote_serves_once_and_for_a_day(province: DemoClient) -> None:
    """A used or expired quote is refused, each with its own code."""
    quote = ask(province, "sme-heze", service_id("demo-ms-sample"))
    province.post("sme-heze", "/orders", {"quote_id": quote["id"]})
    assert province.post("sme-heze", "/orders", {"quote_id": quote["id"]}, expect=409)["code"] == "quote_used"
    late = ask(province, "sme-heze", service_id("demo-ms-sample"))
    with clock.at(MONDAY + timedelta(hours=25)):
        assert province.post("sme-heze", "/orders", {"quote_id": late["id"]}, expect=409)["code"] == "quote_expired"


def test_a_team_orders_through_its_incubator_or_itself(province: DemoClient) -> None:
    """V7, V9, V12: the incubator asks for its team, whose rate is that of the incubator's place and cap its own."""
    sample = service_id("demo-ms-sample")
    team = province.get("team-weifang", "/me")["organisation"]["id"]
    unclear = {"service_id": sample, "quantity": "1", "payment_mode": "full_payment"}
    assert province.post("incubator-weifang", "/quotes", unclear, expect=422)["code"] == "beneficiary_unclear"
    quote = ask(province, "incubator-weifang", sample, beneficiary_id=team)
    assert (quote["rate"], quote["cap_room_fen"], quote["eligible"]) == ("0.40", 50_000_000, True)
    assert ask(province, "team-weifang", sample)["beneficiary_id"] == team
    foreign = {**unclear, "beneficiary_id": province.get("sme-heze", "/me")["organisation"]["id"]}
    province.post("incubator-weifang", "/quotes", foreign, expect=404)


def test_siblings_share_one_cap_and_a_shrunk_room_brings_a_new_quote(province: DemoClient) -> None:
    """V12 cap: what the sibling takes is gone; 409 quote_changed brings a new quote, and that one can be ordered."""
    pilot = service_id("demo-pilot-time")
    first = ask(province, "sme-jinan", pilot, quantity="12")
    assert (first["entitlement_fen"], first["subsidy_fen"]) == (48_000_000, 48_000_000)
    second = ask(province, "sme-jinan-sibling", pilot, quantity="1")
    assert second["subsidy_fen"] == 4_000_000
    province.post("sme-jinan", "/orders", {"quote_id": first["id"]})
    changed = province.post("sme-jinan-sibling", "/orders", {"quote_id": second["id"]}, expect=409)
    assert changed["code"] == "quote_changed"
    assert [(each["code"], each["article"]) for each in changed["reasons"]] == [("quote_room_fell", "V12 cap")]
    assert (changed["quote"]["subsidy_fen"], changed["quote"]["flags"]) == (2_000_000, ["cap_limited"])
    placed = province.post("sme-jinan-sibling", "/orders", {"quote_id": changed["quote"]["id"]})
    assert (placed["subsidy_fen"], placed["self_pay_fen"]) == (2_000_000, 8_000_000)
    assert ask(province, "sme-jinan", pilot)["cap_room_fen"] == 0


def test_payments_never_exceed_what_is_due(province: DemoClient) -> None:
    """Too much, or a day in the future: both named; parts are taken until nothing is due."""
    placed = order(province, "sme-heze", service_id("demo-pilot-time"))
    walk(province, placed, user="sme-heze", until="contract:user")
    path = f"/orders/{placed['id']}/payment"
    refused = province.post("provider-jinan", path, {"amount_fen": 4_000_001, "paid_on": "2026-03-03"}, expect=422)
    assert {reason["code"] for reason in refused["reasons"]} == {"payment_over_due", "paid_in_future"}
    part = province.post("provider-jinan", path, {"amount_fen": 1_500_000, "reference": "A1"})
    assert part["outstanding_fen"] == 2_500_000
    assert province.post("provider-jinan", path, {"reference": "A2"})["outstanding_fen"] == 0
    assert province.post("provider-jinan", path, expect=409)["code"] == "nothing_due"


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_refused_out_of_turn(province: DemoClient, step: str) -> None:
    """A placed order allows acceptance, decline and cancellation only; each other step answers state_forbids."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"))
    walk(province, placed, user="sme-heze", until=step)
    actor = "sme-heze" if step in ("contract:user", "completion") else "provider-jinan"
    body = {"completed_on": "2026-03-02"} if step == "completion" else {}
    again = province.post(actor, f"/orders/{placed['id']}/{step.partition(':')[0]}", body, expect=409)
    assert again["code"] in {"state_forbids", "signed_already", "nothing_due"}


def test_foreign_orders_are_missing(province: DemoClient) -> None:
    """V6: a foreign order answers exactly as one that does not exist; the user's bureau and the provider's see it."""
    placed = order(province, "sme-heze", service_id("demo-ms-sample"))
    foreign = province.get("sme-jinan", f"/orders/{placed['id']}", expect=404)
    missing = province.get("sme-jinan", "/orders/999999", expect=404)
    assert foreign == missing
    province.get("bureau-qingdao", f"/orders/{placed['id']}", expect=404)
    for reader in ("bureau-heze", "bureau-jinan", "province", "auditor", "city-finance-heze"):
        assert province.get(reader, f"/orders/{placed['id']}")["id"] == placed["id"]
    assert province.post("provider-outside", f"/orders/{placed['id']}/acceptance", expect=404)


def test_lists_are_paged_and_scoped(province: DemoClient) -> None:
    """Paging by cursor neither loses nor repeats; each sees its own."""
    ids = [order(province, "sme-heze", service_id("demo-ms-sample"))["id"] for _ in range(5)]
    first = province.get("sme-heze", "/orders", limit=3)
    second = province.get("sme-heze", "/orders", limit=3, cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"] + second["items"]] == sorted(ids, reverse=True)
    assert second["next_cursor"] is None
    assert province.get("sme-jinan", "/orders")["items"] == []
    quotes = province.get("sme-heze", "/quotes")["items"]
    assert len(quotes) == len(ids)
    assert Decimal(quotes[0]["rate"]) == Decimal("0.6")
