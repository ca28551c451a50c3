"""Walking a deal through the HTTP API, step by step, as the people of the demo province do."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

from sqlalchemy import select

from accounts.models import Organisation
from core import clock
from core.db import session
from instruments.models import Service
from marketplace.demo.client import DemoClient, Json

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=clock.SHANGHAI)
"""When the demo province of the tests was made."""

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
DECLARED = {"rd_base": True, "main_business": True}

STEPS = ["acceptance", "contract:provider", "contract:user", "payment", "service-start", "delivery", "completion"]


def ask(client: DemoClient, user: str, service_id: int, **wanted: Any) -> Json:
    """A quote, in direct deduction for one unit unless told otherwise."""
    body = {"service_id": service_id, "payment_mode": "direct_deduction", **wanted}
    if "starts_at" not in body:
        body.setdefault("quantity", "1")
    return client.post(user, "/quotes", body)


def order(client: DemoClient, user: str, service_id: int, **wanted: Any) -> Json:
    """A placed order."""
    return client.post(user, "/orders", {"quote_id": ask(client, user, service_id, **wanted)["id"]})


def walk(
    client: DemoClient,
    placed: Json,
    *,
    user: str,
    provider: str = "provider-jinan",
    until: str = "completion",
    completed_on: str = "2026-03-02",
    quantity: str | None = None,
) -> Json:
    """Take a placed order along :data:`STEPS` up to and including ``until``."""
    path = f"/orders/{placed['id']}"
    for step in STEPS[: STEPS.index(until) + 1]:
        if step == "completion":
            body = {"completed_on": completed_on, "quantity": quantity}
            placed = client.post(user, f"{path}/completion", body)
        elif step == "contract:user":
            placed = client.post(user, f"{path}/contract")
        elif step == "payment" and placed["outstanding_fen"] == 0:
            continue
        else:
            placed = client.post(provider, f"{path}/{step.partition(':')[0]}")
    return placed


def service_id(external_id: str) -> int:
    """The number of a demo service."""
    found = session().scalars(select(Service.id).where(Service.external_id == external_id)).one()
    # The read ends here: rolling it back later would take along what requests wrote on the shared connection since.
    session().commit()
    return found


def hand_in(client: DemoClient, done: Json, *, claimant: str, number: str, amount_fen: int | None = None) -> Json:
    """Add every material to the claim of a completed order and submit it."""
    claim_id = done["claim_id"]
    add_materials(client, done, claimant=claimant, number=number, amount_fen=amount_fen)
    return client.post(claimant, f"/claims/{claim_id}/submission", {"declarations": DECLARED})


def add_materials(client: DemoClient, done: Json, *, claimant: str, number: str, amount_fen: int | None = None) -> None:
    """Add contract, invoice, result and relevance proof to a draft or returned claim."""
    path = f"/claims/{done['claim_id']}/materials"
    for kind in ("service_contract", "innovation_relevance_proof"):
        client.upload(claimant, path, paper(done, kind), f"{kind}.pdf", kind=kind)
    proof = paper(done, "result_proof")
    client.upload(claimant, path, proof, "报告.pdf", kind="result_proof", completed_on=done["completed_on"])
    parties = {side: uscc_of(done[f"{side}_id"]) for side in ("provider", "beneficiary")}
    invoice = {
        "kind": "invoice",
        "invoice_number": number,
        "invoice_type": "e_vat_special",
        "seller_uscc": parties["provider"],
        "amount_incl_tax_fen": done["price_fen"] if amount_fen is None else amount_fen,
        "issued_on": done["completed_on"],
    }
    if parties["beneficiary"] is not None:
        invoice["buyer_uscc"] = parties["beneficiary"]
    client.upload(claimant, path, paper(done, "invoice"), "发票.pdf", **invoice)


def paper(done: Json, kind: str) -> bytes:
    """A file of a completed order's claim: another one for each claim, as the same file twice is a flag."""
    return PDF.replace(b"%%EOF", f"% {kind} of claim {done['claim_id']}\n%%EOF".encode())


def confirm(
    client: DemoClient,
    claim_ids: list[int],
    *,
    bureau: str,
    amounts: dict[int, int] | None = None,
    approved: bool = False,
) -> Json:
    """The city reviews (unless it has), sums up, stamps and sends; the province confirms. Returns the summary."""
    for claim_id in [] if approved else claim_ids:
        approve(client, claim_id, bureau=bureau, amount_fen=(amounts or {}).get(claim_id))
    summary = client.post(bureau, "/review-summaries", {"claim_ids": claim_ids})
    client.upload(bureau, f"/review-summaries/{summary['id']}/stamp", PDF, "盖章汇总表.pdf")
    summary = client.post(bureau, f"/review-summaries/{summary['id']}/dispatch")
    for claim_id in claim_ids:
        clear_flags(client, claim_id, by="province")
        client.post("province", f"/claims/{claim_id}/provincial-confirmation", {"decision": "confirm"})
    return summary


def approve(client: DemoClient, claim_id: int, *, bureau: str, amount_fen: int | None = None) -> Json:
    """The city finds an explanation for every flag and approves, all or a part."""
    clear_flags(client, claim_id, by=bureau)
    review = {"decision": "approve", "opinion": "材料齐全"}
    path = f"/claims/{claim_id}/city-review"
    return client.post(bureau, path, review if amount_fen is None else {**review, "amount_fen": amount_fen})


def clear_flags(client: DemoClient, claim_id: int, *, by: str) -> None:
    """Clear every open flag of a claim, as similar orders of a pair and files handed in twice are flagged."""
    path = f"/claims/{claim_id}/flags"
    for flag in client.get(by, path)["items"]:
        if flag["state"] == "raised":
            client.post(by, f"{path}/{flag['id']}/finding", {"finding": "cleared", "reason": "已核实"})


def uscc_of(organisation_id: int) -> str | None:
    """The code of an organisation."""
    found = session().scalars(select(Organisation.uscc).where(Organisation.id == organisation_id)).one()
    session().commit()
    return found


def bank_csv(payouts: list[Json], outcomes: dict[int, str], *, value_date: str | None = None) -> bytes:
    """A bank's answer of today or another day: each payout paid unless ``outcomes`` says otherwise."""
    day = value_date or clock.today(clock.now()).isoformat()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["payout_no", "account_number", "amount", "status", "reason", "value_date"])
    for payout in payouts:
        status = outcomes.get(payout["payout_no"], "paid")
        yuan = f"{payout['amount_fen'] // 100}.{payout['amount_fen'] % 100:02d}"
        reason = "" if status == "paid" else "账号户名不符"
        writer.writerow([payout["payout_no"], payout["account_number"], yuan, status, reason, day])
    return text.getvalue().encode("utf-8-sig")
