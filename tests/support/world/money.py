"""What is paid, by the province and online, and what is owed."""

from __future__ import annotations

from io import BytesIO

from accounts.queries.users import actor_of
from core import clock
from marketplace.demo.client import Json
from settlement.service.bank_statements import keep_statement
from tests.factories.gateway import deliver, gateway_off, use_gateway
from tests.support.bank import Entry, camt_of, numbered
from tests.support.deal import bank_csv
from tests.support.stripe_server import serving
from tests.support.world.deals import Deals


class Money(Deals):
    """Batches, payables, payments and shortfalls in every state."""

    def _settlement(self) -> None:
        appropriation = {"year": 2026, "appropriation_fen": 1_000_000_000, "reference": "演示指标文"}
        entered = self.post("finance-maker", "/funds", appropriation, name="fund")["appropriations"][0]
        self.ids["appropriation"] = entered["id"]
        wrong = {"appropriation_id": entered["id"], "right_fen": entered["amount_fen"] + 100, "cause": "录入有误"}
        self.post("finance-maker", f"/funds/{self.ids['fund']}/corrections", wrong, name="appropriation correction")
        before = {"year": 2025, "appropriation_fen": 10_000, "reference": "上年指标文"}
        last = self.post("finance-maker", "/funds", before, name="fund of last year")
        rest = {"carried_fen": 6_000, "reference": "结余资金管理办法", "cause": "上年结余"}
        self.post("finance-maker", f"/funds/{last['id']}/closings", rest, name="fund closing")
        paid = self.batch("answered", outcome="paid")
        self.ids["paid payable"] = paid["payable_id"]
        self.ids["paid claim"] = int(paid["source"].removeprefix("claim:"))
        self.ids["failed payable"] = self.batch("failed", outcome="failed")["payable_id"]
        second = self.batch("recovered", outcome="paid")
        self.returned = bank_csv([self.batch("exported")], {})
        self.batch("approved", steps=["approval"])
        self.batch("prepared", steps=[])
        # Open from here on: before, it would be netted against the payouts of the batches above.
        clawback = {"payable_id": second["payable_id"], "amount_fen": second["amount_fen"], "cause": "材料不实"}
        self.ids["clawback"] = self.post("province", "/clawbacks", clawback)["id"]
        back = {"amount_fen": 2, "reference": "R0"}
        came = self.post("finance-maker", f"/clawbacks/{self.ids['clawback']}/recovery", back)
        self.ids["wrong recovery"] = came["recoveries"][0]["id"]
        drawn = {"confirmed_from": "2026-03-01", "confirmed_to": "2026-03-31", "size": 1, "reason": "季度抽查"}
        self.post("province", "/spot-checks", drawn, name="spot check")
        confirmed = self.claim(until="confirmed")
        self.ids["confirmed claim"] = confirmed["id"]
        self.ids["due payable"] = self._payable(confirmed)
        self._statement()
        half = {"payable_id": self.ids["paid payable"], "amount_fen": 2, "cause": "多付"}
        asked = f"/clawbacks/{self.post('province', '/clawbacks', half)['id']}/instalments"
        plan = {"count": 2, "first_due_on": "2027-01-31", "cause": "资金困难"}
        self.post("finance-maker", asked, plan, name="clawback proposal")
        account = {
            "programme": "*",
            "holder_name": "创新券兑付专户",
            "bank_name": "示例银行",
            "cnaps_code": "102475000001",
            "account_number": "3700000000000000002",
            "columns": ["end_to_end_id=支付编号", "holder_name:60=户名", "account_number=账号", "amount=金额"],
            "separator": "bar",
            "amount": "fen",
            "encoding": "GB18030",
            "lacking": "refuse",
            "purpose": "创新券 {batch}",
            "valid_from": clock.today(clock.now()).isoformat(),
            "cause": "开户行调整",
        }
        self.post("finance-maker", "/paying-accounts", account, name="proposed paying account")
        stopped = {"payable_id": self._payable(self.claim(until="confirmed")), "cause": "抽查发现疑点"}
        self.post("province", "/payment-stops", stopped, name="payment stop")

    def _statement(self) -> None:
        """Money that matched nothing, one entry explained and one not; and a file handed in but not taken yet."""
        interest = Entry(12_345, text="存款利息", reference="I1")
        strange = Entry(70_000, text="来款", reference="I2", account_number="6225000000000001")
        today = clock.today(clock.now())
        self.client.upload("finance-maker", "/bank-statements", numbered(1, opening_fen=0, day=today), "first.xml")
        content = numbered(3, interest, strange, opening_fen=0, day=today)
        made = self.client.upload("finance-maker", "/bank-statements", content, "statement.xml")
        (gap,) = self.client.get("finance-maker", "/statement-gaps")["items"]
        self.ids["statement gap"] = gap["id"]
        self.ids["bank statement"] = made["id"]
        second, first = self.client.get("finance-maker", "/suspense-entries")["items"]
        self.ids["suspense entry"], self.ids["proposed suspense entry"] = second["id"], first["id"]
        said = {"resolution": "interest", "note": "一季度利息"}
        self.post("finance-maker", f"/suspense-entries/{first['id']}/proposal", said)
        with self.client.app.app_context():
            kept = keep_statement(
                stream=BytesIO(camt_of([strange])),
                filename="statement.xml",
                actor=actor_of("finance-maker"),
                now=clock.now(),
            )
            self.ids["kept bank file"] = kept.id

    def batch(self, name: str, *, outcome: str | None = None, steps: list[str] | None = None) -> Json:
        """A batch of one newly confirmed claim, taken so far; answers with its line and payout."""
        self.claim(until="confirmed")
        cutoff = next(self.cutoffs)
        made = self.post("finance-maker", "/settlement-batches", {"cutoff": cutoff.isoformat()}, name=f"{name} batch")
        path = f"/settlement-batches/{made['id']}"
        for step in ["approval", "exportation"] if steps is None else steps:
            self.post("finance-checker" if step == "approval" else "finance-maker", f"{path}/{step}")
        (line,) = self.client.get("finance-maker", f"{path}/lines")["items"]
        (payout,) = self.client.get("finance-maker", f"{path}/payouts")["items"]
        if outcome is not None:
            said = bank_csv([payout], {payout["payout_no"]: outcome})
            self.client.upload("finance-maker", f"{path}/bank-returns", said, "return.csv")
        return {**line, **payout}

    def _payable(self, claim: Json) -> int:
        (payable,) = self.client.get("finance-maker", "/payables", order_id=claim["order_id"])["items"]
        return int(payable["id"])

    def _payments(self) -> None:
        """One paid online, part of which could not be given back and which is contested, and one that is begun. The
        gateway is gone afterwards."""
        now = clock.now()
        with serving() as (fake, base):
            use_gateway(base)
            self.client.post("provider-jinan", "/gateway-account/onboarding")
            fake.enable(next(iter(fake.accounts)), "alipay")
            self.client.post("provider-jinan", "/gateway-account/onboarding")
            for name in ("paid", "begun"):
                placed = self.order(until="contract:user")
                begun = self.client.post("sme-heze", f"/orders/{placed['id']}/payment", {"method": "alipay"})["payment"]
                self.ids[f"{name} payment"] = begun["id"]
                if name == "paid":
                    fake.pay(begun["intent_id"])
                    self.client.post("sme-heze", f"/payments/{begun['id']}/inquiry")
                    fake.refund_status = "failed"
                    back = self.client.post("provider-jinan", f"/payments/{begun['id']}/refunds", {"amount_fen": 1})
                    self.ids["failed refund"] = back["refunds"][0]["id"]
                    fake.dispute(begun["intent_id"])
                    deliver(fake, fake.events[-1], now=now)
        gateway_off()

    def _shortfall(self) -> None:
        """Last of all: it blocks further orders in direct deduction (V16(1))."""
        rejected = self.claim(until="submitted")
        verdict = {"decision": "reject", "opinion": "不符合条件"}
        self.post("bureau-heze", f"/claims/{rejected['id']}/city-review", verdict)
        (shortfall,) = self.client.get("sme-heze", "/shortfalls")["items"]
        self.ids["shortfall"] = shortfall["id"]
        came = {"amount_fen": 2, "reference": "S0"}
        self.post("provider-jinan", f"/shortfalls/{shortfall['id']}/payment", came)
        paid = self.client.get("sme-heze", "/payments", order_id=shortfall["order_id"])["items"]
        self.ids["shortfall payment"] = next(each["id"] for each in paid if each["reference"] == came["reference"])
        plan = {"count": 2, "first_due_on": "2027-01-31", "cause": "资金困难"}
        asked = f"/shortfalls/{shortfall['id']}/instalments"
        self.post("provider-jinan", asked, plan, name="shortfall proposal")
