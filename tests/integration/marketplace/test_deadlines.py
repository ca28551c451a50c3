"""Every deadline of the voucher part one second before and after it ends, in Asia/Shanghai, through the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial

import pytest

from accounts.jobs import JOBS as MEMBER_JOBS
from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.jobs import JOBS as DEAL_JOBS
from tests.support.deal import DECLARED, MONDAY, add_materials, ask, order, service_id, walk
from vouchers.jobs import JOBS as CLAIM_JOBS

SAMPLE = "demo-ms-sample"
SECOND = timedelta(seconds=1)


def once(name: str, read: Callable[[], object]) -> object:
    """What is read once the worker has done one of its jobs."""
    for job in (*DEAL_JOBS, *CLAIM_JOBS, *MEMBER_JOBS):
        if job.name == name:
            job.run(clock.now(), clock.now())
    return read()


def end_of(day: str) -> datetime:
    """The first instant after a day."""
    return clock.end_of_day(date.fromisoformat(day))


def ready(province: DemoClient, completed_on: str, *, mode: str = "full_payment") -> str:
    """The address of a draft claim with all materials."""
    with clock.at(datetime.fromisoformat(f"{completed_on}T10:00:00+08:00")):
        placed = order(province, "sme-heze", service_id(SAMPLE), payment_mode=mode)
        done = walk(province, placed, user="sme-heze", completed_on=completed_on)
        add_materials(province, done, claimant="sme-heze", number=f"2637{done['id']:016d}")
    return f"/claims/{done['claim_id']}"


def submitted(province: DemoClient, path: str) -> object:
    """The state after trying to hand it in, or the articles for which it was refused."""
    status, answer = province.attempt("sme-heze", f"{path}/submission", {"declarations": DECLARED})
    return answer["state"] if status == 201 else [each["article"] for each in answer["reasons"]]


def before_and_after(ends: datetime, outcomes: Callable[[], object]) -> list[object]:
    """The same asked one second before an instant and at it."""
    found = []
    for when in (ends - SECOND, ends):
        with clock.at(when):
            found.append(outcomes())
    return found


@pytest.mark.parametrize(
    ("completed_on", "last_day"),
    [("2026-03-02", "2026-09-02"), ("2026-03-26", "2026-09-28"), ("2026-08-31", "2027-03-01")],
    ids=["the same day six months on", "a holiday moves it", "a month without that day, and a Sunday"],
)
def test_v17_the_last_second_of_the_validity(province: DemoClient, completed_on: str, last_day: str) -> None:
    """V17: handed in at 23:59:59 of the last day; a second later refused, and expired by the worker."""
    paths = iter([ready(province, completed_on) for _ in range(2)])
    assert before_and_after(end_of(last_day), lambda: submitted(province, next(paths))) == ["submitted", ["V17"]]
    late = province.get("sme-heze", "/claims", state="draft")["items"]
    assert [each["last_day"] for each in late] == [last_day]
    expire = "vouchers.expire_drafts"
    assert before_and_after(end_of(last_day), lambda: once(expire, lambda: left(province))) == [1, 0]


def left(province: DemoClient) -> int:
    return len(province.get("sme-heze", "/claims", state="draft")["items"])


def test_v17_the_last_second_of_a_correction(province: DemoClient) -> None:
    """V17 return: 30 working days after 2026-03-02 is 2026-04-14; then it counts as rejected."""
    paths = [ready(province, "2026-03-02") for _ in range(2)]
    for path in paths:
        province.post("sme-heze", f"{path}/submission", {"declarations": DECLARED})
        verdict = {"decision": "return", "opinion": "请补正", "defects": ["合同缺页"]}
        province.post("bureau-heze", f"{path}/city-review", verdict)
    ends, each = end_of("2026-04-14"), iter(paths)
    assert before_and_after(ends, lambda: submitted(province, next(each))) == ["submitted", ["V17 return"]]
    reject = "vouchers.reject_overdue_returns"
    assert before_and_after(ends, lambda: once(reject, lambda: state(province, paths[1]))) == ["returned", "rejected"]
    told = province.get("sme-heze", f"{paths[1]}/timeline")["entries"][-1]
    assert (told["action"], told["reason"]["article"], told["reason"]["text"]) == (
        "reject",
        "V17 return",
        "已过补正期限 2026-04-14。",
    )
    step = province.get("sme-heze", f"{paths[1]}/explanation")["steps"][-1]
    assert (step["inputs"], "补正期限 2026-04-14" in step["text"]) == ({"correct_by": "2026-04-14"}, True)


def state(province: DemoClient, path: str) -> object:
    return province.get("sme-heze", path)["state"]


def test_v12_hold_the_last_second_of_an_answer_and_of_a_quote(province: DemoClient) -> None:
    """V12 hold: five working days to answer; a quote holds for its hours and not a second more."""
    placed = order(province, "sme-heze", service_id(SAMPLE))
    path = f"/orders/{placed['id']}"
    lapse = "lapse_unanswered_orders"
    assert before_and_after(end_of("2026-03-09"), lambda: once(lapse, lambda: state(province, path))) == [
        "placed",
        "lapsed",
    ]
    for step, answered in (("acceptance", "accepted"), ("decline", "declined")):
        unanswered = iter([order(province, "sme-heze", service_id(SAMPLE)) for _ in range(2)])
        answering = partial(answer_of, province, unanswered, step)
        assert before_and_after(end_of("2026-03-09"), answering) == [answered, ["V12 hold"]]
    quotes = [ask(province, "sme-heze", service_id(SAMPLE)) for _ in range(2)]
    ends, each = datetime.fromisoformat(quotes[0]["expires_at"]), iter(quotes)
    assert ends == MONDAY + timedelta(hours=24)
    assert before_and_after(ends, lambda: taken(province, next(each))) == ["placed", "quote_expired"]


def answer_of(province: DemoClient, unanswered: Iterator[Json], step: str) -> object:
    """What the provider's yes or no to the next order brings, without the worker's help."""
    status, answer = province.attempt("provider-jinan", f"/orders/{next(unanswered)['id']}/{step}", {})
    return answer["state"] if status == 201 else [each["article"] for each in answer["reasons"]]


def taken(province: DemoClient, quote: Json) -> object:
    status, answer = province.attempt("sme-heze", "/orders", {"quote_id": quote["id"]})
    return answer["state"] if status == 201 else answer["code"]


def test_v12_cap_the_last_second_of_a_year(province: DemoClient) -> None:
    """V12 cap: 31 December 23:59:59 is the old year, 1 January 00:00:00 the new one."""
    paths = iter([ready(province, "2026-12-14") for _ in range(2)])

    def year() -> object:
        path = next(paths)
        submitted(province, path)
        return province.get("sme-heze", path)["year"]

    assert before_and_after(end_of("2026-12-31"), year) == [2026, 2027]


@pytest.mark.parametrize(("day", "outcomes"), [("2025-01-23", [True, False]), ("2030-01-23", [False, True])])
def test_v23_the_first_and_the_last_second_of_the_measure(province: DemoClient, day: str, outcomes: list[bool]) -> None:
    """V23: outside its term an order is refused for that article; the measure's first and last day count in full."""

    def outside() -> object:
        # Before the province was made nothing has a price: a change publishes what the service costs that day.
        province.patch("provider-jinan", f"/services/{service_id(SAMPLE)}", {"phone": "0531-80000009"})
        quote = ask(province, "sme-heze", service_id(SAMPLE), payment_mode="full_payment")
        assert (quote["policy_version"] is None) == ("V23" in [each["article"] for each in quote["reasons"]])
        return quote["policy_version"] is None

    assert before_and_after(end_of(day), outside) == outcomes


def test_v15_the_last_second_before_and_of_a_suspension(province: DemoClient) -> None:
    """A suspension from the 4th to the 9th, the first day no longer: both days turn at midnight in Shanghai."""
    (member,) = province.get("sme-heze", "/memberships")["items"]
    body = {"opinion": "核查", "since": "2026-03-04", "until": "2026-03-09"}
    province.post("bureau-heze", f"/memberships/{member['id']}/suspension", body)
    wish = {"service_id": service_id(SAMPLE), "payment_mode": "full_payment", "quantity": "1"}

    def quoted() -> object:
        return once("begin_day_of_members", lambda: province.attempt("sme-heze", "/quotes", wish)[0])

    assert before_and_after(end_of("2026-03-03"), quoted) == [201, 409]
    assert before_and_after(end_of("2026-03-08"), quoted) == [409, 201]


def test_v8_2_the_last_second_of_a_sanction_and_of_the_years_that_bar(province: DemoClient) -> None:
    """A misconduct of 2024 bars through its sanction's last day; a listing of 2025 until the end of 2026."""
    found = province.get("sme-heze", "/me")["organisation"]["id"]
    other = province.get("sme-jinan", "/me")["organisation"]["id"]
    record = {"organisation_id": found, "kind": "research_misconduct", "since": "2024-06-01", "until": "2026-05-29"}
    province.post("bureau-heze", "/adverse-records", {**record, "source": "通报"})
    listing = {"organisation_id": other, "kind": "abnormal_operations", "since": "2025-11-03", "until": "2025-12-01"}
    province.post("bureau-jinan", "/adverse-records", {**listing, "source": "公示"})

    def barred(user: str) -> object:
        quote = ask(province, user, service_id(SAMPLE), payment_mode="full_payment")
        return "V8(2)" in [each["article"] for each in quote["reasons"]]

    assert before_and_after(end_of("2026-05-29"), lambda: barred("sme-heze")) == [True, False]
    assert before_and_after(end_of("2026-12-31"), lambda: barred("sme-jinan")) == [True, False]
