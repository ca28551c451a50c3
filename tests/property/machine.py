"""The service and the model of its rules, told the same over HTTP and compared after every step."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from core import clock
from marketplace.demo.accounts import demo_password
from marketplace.demo.province import demo_uscc
from marketplace.service import lapse_unanswered
from tests.property.model import CAP_FEN, PROVIDER
from tests.property.walk import DECEMBER, LAST_DAY, PRICES, Walk, Wish, admitted
from tests.support.deal import STEPS, bank_csv
from vouchers.jobs import expire_drafts, reject_overdue_returns

YEARS = (DECEMBER.year, LAST_DAY.year)
FUND_FEN = 30_000_000
USERS = {
    "sme-heze": ("0.60", "bureau-heze", None),
    "sme-jinan": ("0.40", "bureau-jinan", None),
    "sme-jinan-sibling": ("0.40", "bureau-jinan", None),
    "team-weifang": ("0.40", "bureau-weifang", "incubator-weifang"),
}
"""Each user's rate, its bureau, and who hands in for it."""
COUNTIES = {"371702": ("0.60", "bureau-heze"), "370102": ("0.40", "bureau-jinan")}

numbers = st.integers(0, 10**6)
"""Which one of those there are, taken modulo their count."""

CONFIRMED = len(STEPS) + 3
"""Steps from an order that was placed to a claim that was confirmed."""

STRIDES = [CONFIRMED, CONFIRMED - 1, len(STEPS), 3, 1]

WISHES = st.builds(
    Wish,
    numbers,
    st.sampled_from(sorted(PRICES)),
    st.booleans(),
    st.integers(1, 9),
    st.sampled_from([0, len(STEPS), len(STEPS) + 1, CONFIRMED, CONFIRMED]),
)


class Province(Walk):
    """What may happen, in any order, and what must hold after every step."""

    @initialize(key=numbers, orders=st.lists(WISHES, max_size=4))
    def begin(self, key: int, orders: list[Wish]) -> None:
        """Both years' money, the users there are, two of them under one controller, and some orders."""
        if key == 0:  # the history of nothing but zeros, which hypothesis always asks for first, shows little
            reject()
        for year in YEARS:
            body = {"year": year, "appropriation_fen": FUND_FEN, "reference": "预算"}
            self.client.post("province", "/funds", body)
            self.model.funds[year] = FUND_FEN
        listed = {each["external_id"]: each for each in self.client.pages(None, "/services")}
        self.services = {key: (int(listed[key]["id"]), int(listed[key]["turnaround_days"])) for key in PRICES}
        for user, (rate, bureau, incubator) in USERS.items():
            self._know(user, rate=rate, bureau=bureau, hands_in_by=incubator)
        for wish in orders:
            self._place(wish)

    # -- members -----------------------------------------------------------------------------------

    @precondition(lambda self: len(self.model.firms) < len(USERS) + 2)
    @rule(county=st.sampled_from(sorted(COUNTIES)))
    def register(self, county: str) -> None:
        """A firm registers, its bureau approves, and it may order."""
        serial, (rate, bureau) = next(self.serials), COUNTIES[county]
        user = f"sme-new-{serial}"
        body = {
            "kind": "enterprise",
            "username": user,
            "password": demo_password(),
            "truthful": True,
            "name": f"新企业{serial}",
            "uscc": demo_uscc(900 + serial),
            "county": county,
            "legal_representative": f"法人{serial}",
            "phone": f"0531-7{serial:07d}",
            "address": f"新路{serial}号",
            "has_rd_base": True,
            "staff": 30,
            "revenue_fen": 100_000_000,
            "orderly_finances": True,
            "bank_account": {
                "holder_name": f"新企业{serial}",
                "bank_name": "演示银行",
                "cnaps_code": "102451000000",
                "account_number": f"62220000007{serial:05d}",
            },
        }
        made = self.client.post(None, "/memberships", body)
        self.client.post(bureau, f"/memberships/{made['id']}/review", {"decision": "approve", "opinion": "同意"})
        with self.app.app_context():
            self.client.tokens.update(admitted([user]))
        self._know(user, rate=rate, bureau=bureau)

    @rule(pick=numbers)
    def suspend_or_resume(self, pick: int) -> None:
        """A suspended firm orders nothing; what it has goes on."""
        firm = self._firm(pick)
        step = "resumption" if firm.suspended else "suspension"
        self.client.post(firm.bureau, f"/memberships/{firm.membership_id}/{step}", {"opinion": "核查"})
        firm.suspended = not firm.suspended

    @precondition(lambda self: bool(self._alone()))
    @rule(pick=numbers)
    def found_a_group(self, pick: int) -> None:
        """A controller becomes known: by one officer where nothing counts yet, else two, and the use goes along."""
        firm, today = self._alone()[pick % len(self._alone())], self.now.date()
        tenure = {"name": f"集团{firm.user}", "since": self._today(), "source": "公示"}
        path = f"/organisations/{firm.organisation_id}/controllers"
        if self.model.counts_of(firm, today.year):
            self.client.post(firm.bureau, path, tenure, expect=409)
            controller_id = self._change(
                firm.bureau, kind="naming", organisation_ids=[firm.organisation_id], new_name=tenure["name"]
            )["into_id"]
        else:
            controller_id = self.client.post(firm.bureau, path, tenure)["controller"]["id"]
        self.model.merge(firm.group, f"controller:{controller_id}", today)

    @precondition(lambda self: bool(self._free_to_merge()) and len(self._groups()) > 1)
    @rule(pick=numbers)
    def merge(self, pick: int) -> None:
        """Two groups become one: their use of the year and of later ones adds up, be it above the cap."""
        absorbed = self._free_to_merge()[pick % len(self._free_to_merge())]
        groups = [group for group in self._groups() if group != absorbed]
        into = groups[pick % len(groups)]
        proposer = next(firm.bureau for firm in self.model.firms.values() if firm.group == absorbed)
        self._change(proposer, kind="merge", controller_id=_number(absorbed), into_id=_number(into))
        self.model.merge(absorbed, into, self.now.date())

    # -- orders ------------------------------------------------------------------------------------

    @rule(wish=WISHES)
    def place(self, wish: Wish) -> None:
        """What is quoted is what the rules give, and what is placed holds it."""
        self._place(wish)

    @precondition(lambda self: bool(self._under_way()))
    @rule(pick=numbers, steps=st.sampled_from(STRIDES), percent=st.integers(10, 200))
    def go_on(self, pick: int, steps: int, percent: int) -> None:
        """Some steps of order and claim, perhaps to confirmation, perhaps with another quantity than was ordered."""
        deal = self._under_way()[pick % len(self._under_way())]
        self._go_on(deal, steps=steps, actual=max(1, deal.quantity * percent // 100))

    @precondition(lambda self: bool(self._early()))
    @rule(pick=numbers, declines=st.booleans())
    def give_up(self, pick: int, declines: bool) -> None:
        """Declined or cancelled: everything is given back."""
        deal = self._early()[pick % len(self._early())]
        declined = deal.step == 0 and declines
        actor = PROVIDER if declined else deal.firm.user
        ended = self.client.post(actor, f"/orders/{deal.number}/{'decline' if declined else 'cancellation'}")
        assert (ended["paid_fen"], ended["outstanding_fen"]) == (0, 0)
        deal.ended = "declined" if declined else "cancelled"
        self.model.free(deal)

    # -- claims ------------------------------------------------------------------------------------

    @precondition(lambda self: bool(self._claims("submitted")))
    @rule(
        pick=numbers,
        decision=st.sampled_from(["partial", "reject", "return", "withdraw", "approve"]),
        percent=st.integers(1, 99),
    )
    def decide(self, pick: int, decision: str, percent: int) -> None:
        """Approved in all or part, returned, rejected for good, or withdrawn, which leaves no debt."""
        deal = self._claims("submitted")[pick % len(self._claims("submitted"))]
        path = f"/claims/{deal.claim_id}/city-review"
        if decision == "approve":
            self._approve(deal, deal.claimed_fen)
        elif decision == "partial":
            self._approve(deal, max(min(1, deal.claimed_fen), deal.claimed_fen * percent // 100))
        elif decision == "return":
            self.client.post(deal.firm.bureau, path, {"decision": "return", "opinion": "缺页", "defects": ["缺页"]})
            deal.claim, deal.returned_on = "returned", self.now.date()
        elif decision == "reject":
            self.client.post(deal.firm.bureau, path, {"decision": "reject", "opinion": "不符"})
            self.model.reject(deal)
        else:
            self.client.post(self._claimant(deal), f"/claims/{deal.claim_id}/withdrawal")
            self.model.withdraw(deal)

    # -- money -------------------------------------------------------------------------------------

    @precondition(lambda self: self.now.date() not in self.cutoffs and bool(self.model.payable_now(self.now.year)))
    @rule(failing=st.sets(st.integers(1, 5), max_size=2))
    def settle(self, failing: set[int]) -> None:
        """Paid strictly in order while the year's money lasts; what fails comes again."""
        expected = self.model.payable_now(self.now.year)
        self.cutoffs.add(self.now.date())
        batch = self.client.post("finance-maker", "/settlement-batches", {"cutoff": self._today()})
        path = f"/settlement-batches/{batch['id']}"
        self.client.post("finance-checker", f"{path}/approval")
        self.client.post("finance-maker", f"{path}/exportation")
        lines = self.client.get("finance-maker", f"{path}/lines", limit=200)["items"]
        assert [line["amount_fen"] for line in lines] == [deal.granted_fen for deal in expected]
        outcomes = {number: "failed" for number in failing if number <= len(lines)}
        answered = bank_csv(lines, outcomes, value_date=self._today())
        self.client.upload("finance-maker", f"{path}/bank-returns", answered, "回单.csv")
        self.client.post("finance-maker", f"{path}/closing")
        for line, deal in zip(lines, expected, strict=True):
            deal.payable_id = line["payable_id"]
            if line["line_no"] in outcomes:
                self.client.post("finance-maker", f"/payables/{deal.payable_id}/correction", {"note": "已核对"})
                continue
            self.model.pay(deal, self.now.year)

    @precondition(lambda self: bool(self._paid()))
    @rule(pick=numbers, percent=st.integers(1, 100))
    def claw_back(self, pick: int, percent: int) -> None:
        """At most what was paid comes back, and no cap has room again for it."""
        deal = self._paid()[pick % len(self._paid())]
        left = deal.granted_fen - deal.clawed_fen
        body = {"payable_id": deal.payable_id, "amount_fen": left + 1, "cause": "材料不实"}
        self.client.post("province", "/clawbacks", body, expect=422)
        wanted = max(1, left * percent // 100)
        made = self.client.post("province", "/clawbacks", {**body, "amount_fen": wanted})
        self.model.claw_back(made["id"], deal, wanted, self.now.date())

    @precondition(lambda self: bool(self._claims("confirmed")))
    @rule(pick=numbers)
    def revoke(self, pick: int) -> None:
        """What is unpaid never will be and is the user's debt in direct deduction; what is paid is claimed back."""
        deal = self._claims("confirmed")[pick % len(self._claims("confirmed"))]
        left = deal.granted_fen - deal.clawed_fen if deal.paid == "paid" else 0
        self.client.post("province", f"/claims/{deal.claim_id}/revocation", {"opinion": "查实不符"})
        if left:
            number = max(each["id"] for each in self.client.pages("province", "/clawbacks"))
            self.model.claw_back(number, deal, left, self.now.date())
        self.model.revoke(deal)

    @precondition(lambda self: bool(self._open_clawbacks()))
    @rule(pick=numbers)
    def recover(self, pick: int) -> None:
        """What comes back is in the fund again that it was paid from."""
        found = self._open_clawbacks()
        clawback = found[pick % len(found)]
        body = {"amount_fen": clawback.amount_fen, "reference": f"退款{clawback.number}"}
        self.client.post("finance-maker", f"/clawbacks/{clawback.number}/recovery", body)
        self.model.recover(clawback)

    @precondition(lambda self: any(self.model.owed.values()))
    @rule(pick=numbers)
    def pay_shortfalls(self, pick: int) -> None:
        """What was deducted and not granted is paid to the provider, who says so."""
        debtors = sorted(user for user, owed in self.model.owed.items() if owed)
        user = debtors[pick % len(debtors)]
        for shortfall in self.client.get(user, "/shortfalls", limit=200, state="open")["items"]:
            body = {"amount_fen": shortfall["open_fen"], "reference": f"补缴{shortfall['id']}之{shortfall['paid_fen']}"}
            self.client.post(PROVIDER, f"/shortfalls/{shortfall['id']}/payment", body)
        self.model.owed[user] = 0

    # -- time --------------------------------------------------------------------------------------

    @rule(days=st.sampled_from([1, 3, 17, 60]))
    def pass_time(self, days: int) -> None:
        """Days pass, perhaps over the end of the year; what nobody did in time ends by itself."""
        if self.now + timedelta(days=days) > LAST_DAY:
            return
        self.now += timedelta(days=days)
        self.frozen.close()
        self.frozen.enter_context(clock.at(self.now))
        with self.app.app_context():
            lapse_unanswered(now=self.now)
            expire_drafts(self.now, self.now)
            reject_overdue_returns(self.now, self.now)
        self.model.end_overdue(self.now.date())

    # -- what must hold after every step -------------------------------------------------------------

    @invariant()
    def caps_are_the_models(self) -> None:
        """What every group and team has held, used and left, of both years."""
        for group, firm in {firm.group: firm for firm in self.model.firms.values()}.items():
            for year in YEARS:
                shown = self.client.get(
                    firm.hands_in_by or firm.user, f"/entitlement/{firm.organisation_id}", year=year
                )
                used = self.model.used(group, year)
                assert shown["held_fen"] + shown["consumed_fen"] == used, (group, year)
                assert shown["room_fen"] == self.model.room(group, year), (group, year)
                assert shown["overhang_fen"] == max(0, used - CAP_FEN), (group, year)

    @invariant()
    def states_are_the_models(self) -> None:
        """Every order's and every claim's, with the sums of claims."""
        orders = {order["id"]: order["state"] for order in self.client.pages("province", "/orders")}
        assert orders == {deal.number: deal.state for deal in self.model.deals}
        claims = {
            claim["id"]: (claim["state"], claim["claimed_fen"], claim["confirmed_fen"])
            for claim in self.client.pages("province", "/claims")
        }
        assert claims == {
            deal.claim_id: (deal.claim, deal.claimed_fen, deal.shown_fen)
            for deal in self.model.deals
            if deal.claim is not None
        }

    @invariant()
    def money_is_the_models(self) -> None:
        """What users owe, what payees get, what must come back, and what the years' funds have left and have paid."""
        firms = {firm.organisation_id: user for user, firm in self.model.firms.items()}
        owed = dict.fromkeys(firms.values(), 0)
        for shortfall in self.client.pages("province", "/shortfalls", state="open"):
            owed[firms[shortfall["debtor_id"]]] += shortfall["open_fen"]
        assert owed == {user: self.model.owed[user] for user in owed}
        payables = [
            (each["order_id"], each["amount_fen"], each["state"]) for each in self.client.pages("province", "/payables")
        ]
        assert payables == [(deal.number, deal.granted_fen, deal.paid) for deal in self.model.queue]
        clawbacks = {each["id"]: each["open_fen"] for each in self.client.pages("province", "/clawbacks")}
        assert clawbacks == {each.number: each.amount_fen * each.is_open for each in self.model.clawbacks}
        funds = self.client.get("province", "/funds")["items"]
        assert {fund["year"]: fund["available_fen"] for fund in funds} == self.model.funds
        assert sum(fund["paid_fen"] for fund in funds) == self.model.paid_fen


def _number(group: str) -> int:
    return int(group.partition(":")[2])
