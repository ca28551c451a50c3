"""What is ordered and claimed."""

from __future__ import annotations

from datetime import date

from marketplace.demo.client import Json
from tests.support.deal import DECLARED, PDF, ask, clear_flags, order, paper, walk
from tests.support.invoices import Line, Paper, xml_of
from tests.support.world.records import Records

TESTING_PROOFS = ["service_contract", "result_proof", "innovation_relevance_proof"]


class Deals(Records):
    """Orders and claims in every state."""

    def _orders(self) -> None:
        self.ids["quote"] = ask(self.client, "sme-heze", self.ids["service"])["id"]
        for name, until in {
            "placed": "",
            "accepted": "acceptance",
            "half-signed": "contract:provider",
            "contracted": "contract:user",
            "started": "service-start",
            "delivered": "delivery",
        }.items():
            self.ids[f"{name} order"] = self.order(until=until, with_extras=name == "delivered")["id"]
        self._booked()
        self._series()
        self._given_up()
        self.ids["team quote"] = ask(self.client, "team-weifang", self.ids["service"])["id"]
        self.ids["team order"] = self.order(user="team-weifang")["id"]
        self.ids["team accepted order"] = self.order(user="team-weifang", until="acceptance")["id"]
        extras = [{"extra_id": self.ids["extra"], "quantity": "1"}]
        in_full = ask(self.client, "sme-heze", self.ids["service"], payment_mode="full_payment", extras=extras)
        self.ids["full quote"] = in_full["id"]

    def _booked(self) -> None:
        """Orders of machine time: this morning one to be come to and one somebody has come to, and one for tomorrow."""
        hourly = self.ids["hourly service"]
        for name, hour in {"booked": 9, "attended": 10}.items():
            slot = {"starts_at": f"2026-03-02T{hour:02}:00:00+08:00", "ends_at": f"2026-03-02T{hour:02}:30:00+08:00"}
            placed = order(self.client, "sme-heze", hourly, **slot)
            self.ids[f"{name} order"] = walk(self.client, placed, user="sme-heze", until="service-start")["id"]
        later = {"starts_at": "2026-03-03T14:00:00+08:00", "ends_at": "2026-03-03T16:00:00+08:00"}
        self.ids["booking to move"] = order(self.client, "sme-heze", hourly, **later)["id"]
        self.client.post("provider-jinan", f"/orders/{self.ids['attended order']}/check-in", {})
        found = {each["order_id"]: each for each in self.client.get("provider-jinan", "/bookings")["items"]}
        self.ids["booking"] = found[self.ids["booked order"]]["id"]
        shared = f"/instruments/{found[self.ids['booked order']]['instrument_id']}/attendance"
        self.client.put("provider-jinan", shared, {"users_check_in": True})

    def _given_up(self) -> None:
        """A booking of tomorrow that was given up too late for nothing."""
        hourly = self.ids["hourly service"]
        plain = dict.fromkeys(("free_cancellation_hours", "late_cancellation_percent"))
        late = {"free_cancellation_hours": 72, "late_cancellation_percent": 30}
        self.client.patch("provider-jinan", f"/services/{hourly}", late)
        slot = {"starts_at": "2026-03-03T18:00:00+08:00", "ends_at": "2026-03-03T19:00:00+08:00"}
        placed = order(self.client, "sme-jinan", hourly, **slot)
        walk(self.client, placed, user="sme-jinan", until="acceptance")
        self.post("sme-jinan", f"/orders/{placed['id']}/cancellation", {}, name="order with fee")
        self.client.patch("provider-jinan", f"/services/{hourly}", plain)

    def _series(self) -> None:
        """The same hour every week: looked at, and placed."""
        found = self.client.get(None, f"/services/{self.ids['hourly service']}")["instruments"][0]["id"]
        self.ids["instrument of series"] = found
        wanted = {"service_id": self.ids["hourly service"], "instrument_id": found, "payment_mode": "full_payment"}
        for name, hour in {"previewed series": 8, "placed series": 18}.items():
            slot = {"starts_at": f"2026-03-04T{hour:02}:00:00+08:00", "ends_at": f"2026-03-04T{hour:02}:30:00+08:00"}
            again = {"every_days": 7, "count": 2}
            self.post("sme-jinan", "/booking-series", {**wanted, **slot, **again}, name=name)
        self.post("sme-jinan", f"/booking-series/{self.ids['placed series']}/orders", {"choice": "all"})

    def order(
        self, *, user: str = "sme-heze", until: str = "", mode: str = "direct_deduction", with_extras: bool = False
    ) -> Json:
        """An order of one sample, perhaps with extras, taken so far."""
        extras = [{"extra_id": self.ids[name], "quantity": "2"} for name in ("extra", "own extra") if with_extras]
        placed = order(self.client, user, self.ids["service"], payment_mode=mode, extras=extras)
        return walk(self.client, placed, user=user, until=until) if until else placed

    def _claims(self) -> None:
        self.ids["draft claim"] = self.claim()["id"]
        self.ids["ready claim"] = self.claim(until="ready")["id"]
        self.ids["submitted claim"] = self.claim(until="submitted")["id"]
        self.ids["approved claim"] = self.claim(until="approved")["id"]
        self.ids["own ready claim"] = self.claim(user="sme-jinan", mode="full_payment", until="ready")["id"]
        self.ids["team draft claim"] = self.claim(user="team-weifang", mode="full_payment", with_extras=True)["id"]
        self.ids["team ready claim"] = self.claim(user="team-weifang", mode="full_payment", until="ready")["id"]
        for name in ("draft", "submitted"):
            path = f"/claims/{self.ids[f'{name} claim']}/invoices"
            if name == "draft":
                self.client.upload("provider-jinan", path, self._right_invoice(), "invoice.xml")
            self.ids[f"{name} reading"] = self.client.get("provider-jinan", path)["items"][0]["id"]
        submitted = self.client.get("provider-jinan", f"/claims/{self.ids['submitted claim']}")
        self.ids["material"] = submitted["materials"][0]["id"]
        self._flagged(like=self.ids["submitted claim"])
        clear_flags(self.client, self.ids["submitted claim"], by="bureau-heze")
        for name, steps in {"open": 0, "stamped": 1, "dispatched": 2}.items():
            claim = self.claim(until="approved")
            self.ids[f"claim of the {name} summary"] = claim["id"]
            self.ids[f"{name} summary"] = self.summary(claim, steps=steps)["id"]

    def _flagged(self, *, like: int) -> None:
        """A submitted claim whose result proof is that of another one."""
        claim_id = self.claim(until="ready")["id"]
        path, proof = f"/claims/{claim_id}", paper({"claim_id": like}, "result_proof")
        self.client.upload("provider-jinan", f"{path}/materials", proof, "报告.pdf", kind="result_proof")
        self.post("provider-jinan", f"{path}/submission", {"declarations": DECLARED})
        self.ids["flagged claim"] = claim_id
        raised = self.client.get("bureau-heze", f"{path}/flags")["items"]
        (self.ids["flag"],) = (flag["id"] for flag in raised if flag["kind"] == "same_document")

    def claim(
        self, *, user: str = "sme-heze", mode: str = "direct_deduction", until: str = "draft", with_extras: bool = False
    ) -> Json:
        """A claim brought so far: draft, ready (with its materials), submitted, approved or confirmed."""
        done = self.order(user=user, until="completion", mode=mode, with_extras=with_extras)
        claim_id = done["claim_id"]
        claimant = "provider-jinan"
        if mode == "full_payment":
            claimant = "incubator-weifang" if user.startswith("team") else user
        steps = ["draft", "ready", "submitted", "approved", "confirmed"]
        for step in steps[1 : steps.index(until) + 1]:
            if step == "ready":
                self._materials(claimant, user, done)
            elif step == "submitted":
                self.post(claimant, f"/claims/{claim_id}/submission", {"declarations": DECLARED})
            elif step == "approved":
                clear_flags(self.client, claim_id, by="bureau-heze")
                verdict = {"decision": "approve", "opinion": "同意"}
                self.post("bureau-heze", f"/claims/{claim_id}/city-review", verdict)
            else:
                self.summary({"id": claim_id}, steps=2)
                self.post("province", f"/claims/{claim_id}/provincial-confirmation", {"decision": "confirm"})
        return self.client.get(claimant, f"/claims/{claim_id}")

    def _materials(self, claimant: str, user: str, done: Json) -> None:
        path = f"/claims/{done['claim_id']}/materials"
        for kind in TESTING_PROOFS:
            self.client.upload(claimant, path, paper(done, kind), f"{kind}.pdf", kind=kind)
        invoice = self.invoice(user, done)
        self.client.upload(claimant, path, invoice_xml(invoice), "invoice.xml", **invoice)

    def _right_invoice(self) -> bytes:
        """An invoice that the draft claim could use."""
        claim = self.client.get("provider-jinan", f"/claims/{self.ids['draft claim']}")
        record = claim["record"]
        done = {"price_fen": record["actual_fen"], "completed_on": record["completed_on"]}
        return invoice_xml(self.invoice("sme-heze", done))

    def invoice(self, user: str, done: Json) -> Json:
        """The form of a right invoice for a completed order."""
        seller = self.client.get("provider-jinan", "/me")["organisation"]["uscc"]
        buyer = self.client.get(user, "/me")["organisation"]["uscc"]
        form = {
            "kind": "invoice",
            "invoice_number": f"2637{next(self.serials):016d}",
            "invoice_type": "e_vat_special",
            "seller_uscc": seller,
            "amount_incl_tax_fen": done["price_fen"],
            "issued_on": done["completed_on"],
        }
        return form if buyer is None else {**form, "buyer_uscc": buyer}

    def summary(self, *claims: Json, steps: int) -> Json:
        """A summary of approved claims: open, stamped after one step, dispatched after two."""
        made = self.post("bureau-heze", "/review-summaries", {"claim_ids": [claim["id"] for claim in claims]})
        if steps:
            made = self.client.upload("bureau-heze", f"/review-summaries/{made['id']}/stamp", PDF, "stamped.pdf")
        if steps > 1:
            made = self.post("bureau-heze", f"/review-summaries/{made['id']}/dispatch")
        return made


def invoice_xml(form: Json) -> bytes:
    """The file of an invoice that says what a form says."""
    amount_fen = form["amount_incl_tax_fen"]
    paper = Paper(
        number=form["invoice_number"],
        seller_uscc=form["seller_uscc"],
        buyer_uscc=form.get("buyer_uscc", ""),
        issued_on=date.fromisoformat(form["issued_on"]),
        lines=(Line(amount_fen=amount_fen, tax_fen=0),),
    )
    return xml_of(paper)
