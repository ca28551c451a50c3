"""Needs the province may not meet: stated out of a search, answered by offices, named by quotes (V16 out)."""

from __future__ import annotations

import pytest

from core.db import session
from instruments.models import Instrument
from marketplace.demo.client import DemoClient, Json
from marketplace.reports.verification import verify_everything
from tests.support.deal import ask, order, service_id
from tests.support.pages import PageClient
from tests.support.queries import counted_queries

NMR = "demo-nmr-sample"
SAID: Json = {"subject": "固体核磁", "methods": "600MHz 固体探头", "why": "省内无此探头", "search": {"q": "质谱"}}


def state(client: DemoClient, user: str = "sme-heze", **more: object) -> Json:
    return client.post(user, "/unmet-needs", {**SAID, **more})


def outside(client: DemoClient, need: Json, *, user: str = "sme-heze", **more: object) -> Json:
    return ask(client, user, service_id(NMR), payment_mode="full_payment", unmet_need_id=need["id"], **more)


def test_a_statement_keeps_what_its_search_found_then(province: DemoClient) -> None:
    """Numbered in the province; what is renamed or withdrawn later changes nothing of it."""
    first, second = state(province), state(province, user="sme-jinan")
    assert (first["number"], second["number"]) == ("XQ2026-00001", "XQ2026-00002")
    found = province.get(None, "/instruments", q="质谱")
    assert first["found_total"] == found["total"] > 0
    assert [each["id"] for each in first["found_first"]] == [each["id"] for each in found["items"]][:10]
    assert (first["city"], first["search"]) == ("371700", {"q": "质谱"})
    kept = session().get_one(Instrument, found["items"][0]["id"])
    before, kept.name = kept.name, "改名后的仪器"
    session().flush()
    again = province.get("sme-heze", f"/unmet-needs/{first['id']}")
    assert again["found_first"][0]["name"] == before
    assert again["found_first"] == first["found_first"]


def test_v16_out_a_quote_and_its_order_rest_on_the_statement_and_name_it(province: DemoClient) -> None:
    """By its number before the words, in the facts that were frozen and in the explanation; words alone still do."""
    need = state(province)
    quote = outside(province, need)
    assert (quote["eligible"], quote["unmet_need"]) == (True, f"{need['number']}：{SAID['why']}")
    said = outside(province, need, unmet_need="探头不合")
    assert said["unmet_need"] == f"{need['number']}：探头不合"
    placed = province.post("sme-heze", "/orders", {"quote_id": quote["id"]})
    assert placed["unmet_need_id"] == need["id"]
    explained = province.get("sme-heze", f"/orders/{placed['id']}/explanation")
    assert need["number"] in str(explained["facts"])
    alone = ask(province, "sme-heze", service_id(NMR), payment_mode="full_payment", unmet_need="省内无此设备")
    assert (alone["eligible"], alone["unmet_need_id"]) == (True, None)
    assert verify_everything()[1] == []


def test_the_same_wish_again_names_its_statement_once(province: DemoClient) -> None:
    need = state(province)
    quote = outside(province, need)
    again = outside(province, need, unmet_need=quote["unmet_need"])
    assert again["unmet_need"] == quote["unmet_need"]


@pytest.mark.parametrize("user", ["sme-jinan", "team-weifang"])
def test_nobody_rests_a_quote_on_anothers_statement(province: DemoClient, user: str) -> None:
    """It is as if there were none."""
    need = state(province)
    wish = {"service_id": service_id(NMR), "quantity": "1", "payment_mode": "full_payment"}
    for number in (need["id"], need["id"] + 999):
        refused = province.post(user, "/quotes", {**wish, "unmet_need_id": number}, expect=422)
        assert (refused["code"], refused["reasons"][0]["article"]) == ("unmet_need_unusable", "V16 out")


@pytest.mark.parametrize(
    ("path", "body", "user", "serves"),
    [
        ("withdrawal", None, "sme-heze", False),
        ("closing", {"outcome": "met", "note": "菏泽学院可做"}, "bureau-heze", False),
        ("closing", {"outcome": "confirmed"}, "province", True),
    ],
)
def test_what_was_taken_back_or_is_met_grounds_nothing_more(
    province: DemoClient, path: str, body: Json | None, user: str, serves: bool
) -> None:
    need = state(province)
    province.post(user, f"/unmet-needs/{need['id']}/{path}", body)
    wish = {"service_id": service_id(NMR), "quantity": "1", "payment_mode": "full_payment"}
    answer = province.post("sme-heze", "/quotes", {**wish, "unmet_need_id": need["id"]}, expect=201 if serves else 422)
    assert answer.get("eligible") is (True if serves else None)
    assert province.post("bureau-heze", f"/unmet-needs/{need['id']}/closing", {"outcome": "confirmed"}, expect=409)


def test_v16_out_a_need_that_is_met_since_the_quote_grounds_no_subsidy(province: DemoClient) -> None:
    """Looked at again as the order is placed: the answer says who can serve, and the new quote pays nothing. What its
    user took back stands as long as the quote does."""
    met, taken_back = state(province), state(province)
    quotes = [outside(province, need) for need in (met, taken_back)]
    province.post("bureau-heze", f"/unmet-needs/{met['id']}/closing", {"outcome": "met", "note": "菏泽学院可做"})
    province.post("sme-heze", f"/unmet-needs/{taken_back['id']}/withdrawal")
    refused = province.post("sme-heze", "/orders", {"quote_id": quotes[0]["id"]}, expect=409)
    assert refused["code"] == "quote_changed"
    first = refused["reasons"][0]
    assert (first["code"], first["article"]) == ("quote_need_met", "V16 out")
    assert met["number"] in first["text"]
    assert "菏泽学院可做" in first["text"]
    again = refused["quote"]
    assert (again["subsidy_fen"], again["unmet_need_id"], again["reasons"][0]["article"]) == (0, None, "V16 out")
    assert province.post("sme-heze", "/orders", {"quote_id": quotes[1]["id"]})["unmet_need_id"] == taken_back["id"]


def test_an_office_proposes_published_instruments_and_services_and_says_why_it_closes(province: DemoClient) -> None:
    """Everything wrong with an answer is named at once; the answer and the closing have their grounds."""
    need = state(province)
    path = f"/unmet-needs/{need['id']}"
    known = need["found_first"][0]["id"]
    refused = province.post(
        "bureau-heze", f"{path}/answer", {"instrument_ids": [known, 10**6], "service_ids": [10**6]}, expect=422
    )
    assert [(each["field"], each["code"]) for each in refused["reasons"]] == [
        ("instrument_ids", "need_proposal_unpublished"),
        ("service_ids", "need_proposal_unpublished"),
    ]
    answered = province.post("bureau-heze", f"{path}/answer", {"instrument_ids": [known], "opinion": "请先比较"})
    assert (answered["state"], answered["proposals"]) == (
        "answered",
        [{"kind": "instrument", "id": known, "name": need["found_first"][0]["name"]}],
    )
    again = province.post("province", f"{path}/answer", {"instrument_ids": [known]}, expect=422)
    assert again["reasons"][0]["code"] == "need_proposed_before"
    more = province.post("province", f"{path}/answer", {"service_ids": [service_id("demo-ms-sample")]})
    assert len(more["proposals"]) == 2
    closed = province.post("bureau-heze", f"{path}/closing", {"outcome": "met"})
    assert [each["code"] for each in closed["reasons"]] == ["need_answered", "need_closed", "need_stated"]
    assert closed["reasons"][2]["inputs"]["found_total"] == need["found_total"]


def test_the_list_is_cut_to_its_reader_and_goes_out_as_a_file(province: DemoClient) -> None:
    """A bureau's own city, everything for the province; filtered by state, city and year."""
    heze, jinan = state(province), state(province, user="sme-jinan")
    numbers = {
        user: {each["number"] for each in province.get(user, "/unmet-needs")["items"]}
        for user in ("bureau-heze", "bureau-jinan", "province", "auditor", "sme-heze")
    }
    both = {heze["number"], jinan["number"]}
    assert numbers == {
        "bureau-heze": {heze["number"]},
        "bureau-jinan": {jinan["number"]},
        "province": both,
        "auditor": both,
        "sme-heze": {heze["number"]},
    }
    cut = province.get("province", "/unmet-needs", city="370100", state="stated", year=2026)["items"]
    assert [each["number"] for each in cut] == [jinan["number"]]
    assert province.get("province", "/unmet-needs", year=2025)["items"] == []
    page = PageClient(province.app.test_client()).sign_in("province")
    file = page.get("/unmet-needs?export=csv&city=371700").html
    assert heze["number"] in file
    assert jinan["number"] not in file


def test_a_team_states_through_its_incubator_or_itself(province: DemoClient) -> None:
    """An incubator says for which of its teams."""
    team = province.get("team-weifang", "/me")["organisation"]["id"]
    assert province.post("incubator-weifang", "/unmet-needs", SAID, expect=422)["code"] == "beneficiary_unclear"
    made = province.post("incubator-weifang", "/unmet-needs", {**SAID, "beneficiary_id": team})
    assert (made["beneficiary_id"], made["city"]) == (team, "370700")
    assert province.get("team-weifang", f"/unmet-needs/{made['id']}")["number"] == made["number"]


def test_from_a_search_to_a_quote_on_the_pages(province: DemoClient) -> None:
    """The search leads to the statement, the form of a service from outside offers it, and the order links to it."""
    heze = PageClient(province.app.test_client()).sign_in("sme-heze")
    search = heze.get("/instruments?q=质谱&city=370100")
    leads = next(link for link in search.reader.links if link.startswith("/unmet-needs/new"))
    stated = heze.send(leads, {"subject": "固体核磁", "methods": "固体探头", "why": "省内无此探头"})
    assert "XQ2026-00001" in stated.text
    need = province.get("sme-heze", "/unmet-needs")["items"][0]
    assert need["search"] == {"q": "质谱", "city": "370100"}
    form = heze.get(f"/quotes/new?service_id={service_id(NMR)}").form()
    assert "unmet_need_id" in form.values
    placed = order(province, "sme-heze", service_id(NMR), payment_mode="full_payment", unmet_need_id=need["id"])
    for user in ("sme-heze", "bureau-heze", "province"):
        client = PageClient(province.app.test_client()).sign_in(user)
        assert f"/unmet-needs/{need['id']}" in client.get(f"/orders/{placed['id']}").reader.links
    provider = PageClient(province.app.test_client()).sign_in("provider-outside")
    assert f"/unmet-needs/{need['id']}" not in provider.get(f"/orders/{placed['id']}").reader.links


def test_a_quote_without_a_statement_asks_nothing_more_of_the_database(province: DemoClient) -> None:
    """Only who names one pays for looking it up: one statement."""
    need = state(province)
    for _ in range(2):  # the first pays for what a process asks once
        with counted_queries() as plain:
            ask(province, "sme-heze", service_id(NMR), payment_mode="full_payment", unmet_need="省内无此设备")
    with counted_queries() as named:
        outside(province, need)
    assert len(named) == len(plain) + 1
