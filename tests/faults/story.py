"""One order from its quote to the bank's answer, and what becomes of money that went wrong: the pieces of work at which
the process is killed, and the state of database and files before each."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core import clock
from marketplace.demo.accounts import demo_password
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.province import seed_province
from tests.faults.stage import Counts, Stage
from tests.faults.warm import Answer, Call, Round, Told, Warm, Work
from tests.support.bank import Entry, camt_of
from tests.support.deal import MONDAY, ask, bank_csv, confirm, hand_in, order, service_id, walk
from tests.support.fake_stripe import FakeStripe
from tests.support.settling import settle

USER, PROVIDER, MAKER, CHECKER = "sme-heze", "provider-jinan", "finance-maker", "finance-checker"
OWING, OFFICE = "sme-jinan", "province"
CUTOFF, NEXT_CUTOFF = "2026-03-10", "2026-03-25"
AFTER_CUTOFF = datetime(2026, 3, 11, 0, 20, tzinfo=clock.SHANGHAI)

STEPS = (
    "booking",
    "acceptance",
    "transfer",
    "online",
    "webhook",
    "refund",
    "sealing",
    "cutoff",
    "preparation",
    "approval",
    "export",
    "answer",
    "closing",
    "late_return",
)
"""What is told of an order, in this sequence."""
REMEDIES = (
    "instalments",
    "agreement",
    "booked_recovery",
    "corrected_recovery",
    "clawback_write_off",
    "corrected_payment",
    "shortfall_write_off",
    "corrected_appropriation",
    "paying_account",
    "refused_payables",
)
"""What is told afterwards, of money that went wrong."""
PAYING = {
    "programme": "*",
    "holder_name": "创新券兑付专户",
    "bank_name": "某银行",
    "cnaps_code": "102475000001",
    "account_number": "3700000000000000002",
    "columns": ["end_to_end_id=编号", "holder_name:13=户名", "account_number=账号", "amount=金额"],
    "separator": "bar",
    "amount": "fen",
    "encoding": "GB18030",
    "lacking": "refuse",
    "purpose": "创新券 {batch}",
    "valid_from": MONDAY.date().isoformat(),
    "cause": "开户行调整",
}
"""An account at a bank that takes shorter names than one of the payees has."""
APPROVAL = {"decision": "approve", "opinion": "同意"}


@dataclass(frozen=True)
class Step:
    """A piece of work at which the process is killed, what it does when nothing happens, and the state before it."""

    name: str
    work: Work
    answer: Answer
    before: Counts
    after: Counts


@dataclass(frozen=True)
class World:
    """All that outlives a process; two that are equal are gone on from in the same way."""

    rows: frozenset[tuple[str, tuple[int, int]]]
    files: frozenset[str]
    gateway: str


class Story:
    """The steps of one order, each tried once without interruption."""

    def __init__(self, stage: Stage, fake: FakeStripe, warm: Warm) -> None:
        self.stage, self.fake, self.warm = stage, fake, warm
        self.client = DemoClient(stage.app, passwords={}, default_password=demo_password())
        self.steps: dict[str, Step] = {}
        self.remote: dict[str, dict[str, Any]] = {}
        self.gone_on_from: set[str] = set()
        """The failpoints after which another process has gone on."""

    def tell(self) -> Story:
        """Live through it all, keeping the state before every step; from then on rows stand in another order."""
        with self.stage.app.app_context(), clock.at(MONDAY):
            seed_province(now=clock.now())
            self._set_up()
            placed = self._deal()
            self._online(placed)
            self._pay_out()
            self._recover()
            self._owe()
            self._put_right()
        self.stage.turn_round()
        return self

    def begin(self, name: str) -> Step:
        """Put back everything as it was before a step."""
        self._restore(name)
        return self.steps[name]

    def begin_on(self, name: str, folder: Path) -> Step:
        """The same with the files in another folder, where nobody's changes reach those that are kept."""
        self._restore(name)
        shutil.copytree(self.stage.folder / f"files_{name}", folder, dirs_exist_ok=True)
        return self.steps[name]

    def world(self, counts: Counts) -> World:
        """All that outlives a process: database, files, and what the gateway knows."""
        files = frozenset(path.name for path in self.stage.files.glob("[0-9a-f]*/*"))
        return World(frozenset(counts.items()), files, repr((self.fake.intents, self.fake.refunds, self.fake.keys)))

    def _restore(self, name: str) -> None:
        self.stage.restore(name)
        self.fake.__dict__.update(copy.deepcopy(self.remote[name]))

    # -- the story -------------------------------------------------------------------------------------------------

    def _set_up(self) -> None:
        client = self.client
        told = client.post(PROVIDER, "/gateway-account/onboarding")
        self.fake.enable(told["account"], "alipay")
        client.post(PROVIDER, "/gateway-account/onboarding")
        client.post(MAKER, "/funds", {"year": 2026, "appropriation_fen": 100_000_000, "reference": "预算"})
        ordered = ((USER, PROVIDER), (USER, USER), (OWING, PROVIDER), (OWING, OWING))
        claims = [self._claim(user, claimant, number) for number, (user, claimant) in enumerate(ordered)]
        confirm(client, claims[:2], bureau="bureau-heze")
        confirm(client, claims[2:], bureau="bureau-jinan", amounts={claims[2]: 100_000})

    def _claim(self, user: str, claimant: str, number: int) -> int:
        """A claim that was handed in: by the provider, which deducted the subsidy, or by the user, who paid all."""
        mode = "full_payment" if claimant == user else "direct_deduction"
        placed = order(self.client, user, service_id("demo-pilot-time"), payment_mode=mode)
        done = walk(self.client, placed, user=user)
        handed = hand_in(self.client, done, claimant=claimant, number=f"2637200000001234567{number}")
        return int(handed["id"])

    def _deal(self) -> Json:
        hourly = service_id("demo-ms-hour")
        start = MONDAY + timedelta(days=1)
        slot = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
        quote = ask(self.client, USER, hourly, **slot)
        placed = self._step("booking", self._call(USER, "/orders", {"quote_id": quote["id"]}))
        self._step("acceptance", self._call(PROVIDER, f"/orders/{placed['id']}/acceptance"))
        for side in (PROVIDER, USER):
            self.client.post(side, f"/orders/{placed['id']}/contract")
        return placed

    def _online(self, placed: Json) -> None:
        """A part is paid by transfer, the rest online."""
        path = f"/orders/{placed['id']}/payment"
        self._step("transfer", self._call(PROVIDER, path, {"amount_fen": 10_000}))
        begun = self._step("online", self._call(USER, path, {"method": "alipay"}))["payment"]
        self.fake.pay(begun["intent_id"])
        body, headers = self.fake.signed(self.fake.events[-1], at=int(MONDAY.timestamp()))
        self._step("webhook", Told("/gateway-webhooks/stripe", body, headers, MONDAY))
        self._step("refund", self._call(PROVIDER, f"/payments/{begun['id']}/refunds", {"amount_fen": 100}))

    def _pay_out(self) -> None:
        settle()
        self._step("sealing", Round(MONDAY + timedelta(minutes=5), ("core.seal_audit_trail",)))
        self._step("cutoff", Round(AFTER_CUTOFF, ("settlement",)))
        self.stage.restore("cutoff")
        batch = self._step("preparation", self._call(MAKER, "/settlement-batches", {"cutoff": CUTOFF}))
        path = f"/settlement-batches/{batch['id']}"
        self._step("approval", self._call(CHECKER, f"{path}/approval"))
        self._step("export", self._call(MAKER, f"{path}/exportation"), threads=True)
        payouts = self.client.get(MAKER, f"{path}/payouts")["items"]
        answered = (bank_csv(payouts, {2: "failed"}), "回单.csv")
        self._step("answer", self._call(MAKER, f"{path}/bank-returns", file=answered))
        self._step("closing", self._call(MAKER, f"{path}/closing"))
        late = (bank_csv(payouts[:1], {1: "returned"}), "退汇.csv")
        self._step("late_return", self._call(MAKER, f"{path}/bank-returns", file=late))

    def _recover(self) -> None:
        """A paid sum is claimed back in parts; one comes, was less than was booked, and the rest never will."""
        (paid,) = (each for each in self.client.get(OWING, "/payables")["items"] if each["state"] == "paid")
        about = {"payable_id": paid["id"], "amount_fen": 90_000, "cause": "材料不实"}
        clawback = self.client.post(OFFICE, "/clawbacks", about)
        path = f"/clawbacks/{clawback['id']}"
        parts = {"count": 3, "first_due_on": "2026-04-15", "cause": "资金周转困难"}
        self._decide("agreement", self._step("instalments", self._call(MAKER, f"{path}/instalments", parts)))
        statement = (camt_of([Entry(40_000)], day=MONDAY.date()), "对账单.xml")
        self.client.upload(MAKER, "/bank-statements", *statement)
        (entry,) = self.client.get(MAKER, "/suspense-entries")["items"]
        seen = f"/suspense-entries/{entry['id']}"
        what = {"resolution": "clawback_recovery", "note": "企业退款", "clawback_id": clawback["id"]}
        self.client.post(MAKER, f"{seen}/proposal", what)
        self._step("booked_recovery", self._call(CHECKER, f"{seen}/settlement"))
        (booked,) = self.client.get(MAKER, path)["recoveries"]
        wrong = {"recovery_id": booked["id"], "right_fen": 35_000, "cause": "含他人款项"}
        self._decide("corrected_recovery", self.client.post(MAKER, f"{path}/corrections", wrong))
        self._decide("clawback_write_off", self.client.post(MAKER, f"{path}/write-off", {"cause": "企业注销"}))

    def _owe(self) -> None:
        """What was deducted and refused is paid in part, but less than was confirmed; the rest is given up."""
        (owed,) = self.client.get(PROVIDER, "/shortfalls")["items"]
        path = f"/shortfalls/{owed['id']}"
        paid = {"amount_fen": 7_000, "reference": "T1"}
        self.client.post(PROVIDER, f"{path}/payment", paid)
        payments = self.client.get(PROVIDER, "/payments")["items"]
        (wrong,) = (each["id"] for each in payments if each["reference"] == paid["reference"])
        right = {"payment_id": wrong, "right_fen": 5_000, "cause": "金额有误"}
        self._decide("corrected_payment", self.client.post(PROVIDER, f"{path}/corrections", right))
        self._decide("shortfall_write_off", self.client.post(PROVIDER, f"{path}/write-off", {"cause": "企业注销"}))

    def _put_right(self) -> None:
        """A fund's entry, and the account it pays from, whose bank cannot take every name that is due again."""
        (fund,) = self.client.get(MAKER, "/funds")["items"]
        (entry,) = self.client.get(MAKER, f"/funds/{fund['id']}")["appropriations"]
        right = {"appropriation_id": entry["id"], "right_fen": 90_000_000, "cause": "录入有误"}
        told = self.client.post(MAKER, f"/funds/{fund['id']}/corrections", right)
        self._decide("corrected_appropriation", told, of="appropriation-corrections", by=OFFICE)
        for stuck in self.client.get(MAKER, "/payables")["items"]:
            if stuck["state"] in ("failed", "returned"):
                self.client.post(MAKER, f"/payables/{stuck['id']}/correction", {"note": "已核对"})
        self._decide("paying_account", self.client.post(MAKER, "/paying-accounts", PAYING), of="paying-accounts")
        with clock.at(AFTER_CUTOFF):
            self.client.tokens.clear()
            self._step("refused_payables", self._call(MAKER, "/settlement-batches", {"cutoff": NEXT_CUTOFF}))

    def _decide(self, name: str, told: Json, *, of: str | None = None, by: str = CHECKER) -> None:
        """Another person approves what was proposed."""
        where = of or ("clawback-proposals" if "clawback_id" in told else "shortfall-proposals")
        self._step(name, self._call(by, f"/{where}/{told['id']}/decision", APPROVAL))

    def _call(self, user: str, path: str, body: Json | None = None, *, file: tuple[bytes, str] | None = None) -> Call:
        return Call(path, self.client.token(user), f"step-{len(self.steps)}", clock.now(), json=body, file=file)

    def _step(self, name: str, work: Work, *, threads: bool = False) -> Json:
        """Keep the state, do it once, and look at what came of it; what makes PDFs starts ``threads``."""
        self.stage.keep(name)
        self.remote[name] = copy.deepcopy(remembered(self.fake))
        if not threads:
            self.warm.rehearse(work)
            self._restore(name)
        with self.stage.looking() as look:
            before = self.stage.counts(look)
        ended = self.warm.run(work)
        assert ended.answer is not None, name
        assert ended.answer.status in (200, 201), ended.answer.body.decode()
        with self.stage.looking() as look:
            after = self.stage.counts(look)
        self.steps[name] = Step(name, work, ended.answer, before, after)
        told: Json = json.loads(ended.answer.body)
        return told


def remembered(fake: FakeStripe) -> dict[str, Any]:
    """What the gateway knows, without what threads share."""
    return {name: value for name, value in fake.__dict__.items() if name not in {"lock", "released"}}
