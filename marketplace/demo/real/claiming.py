"""Claims from their materials to the provincial confirmation, each step by who takes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from core import clock
from marketplace.demo.client import DemoClient, Json
from marketplace.demo.papers import document
from marketplace.demo.real import cast
from marketplace.demo.real.cast import Cast
from marketplace.demo.real.deals import Deal, Stage, Turn
from marketplace.demo.real.trading import Disagreement, is_refused
from vouchers.rules.claims import ConfirmationDecision, InvoiceType, MaterialKind, ReviewDecision
from vouchers.states import ClaimState, FlagState

DECLARED = {"declarations": {"rd_base": True, "main_business": True}}
PARTIAL_OF = (3, 4)


def hand_in(client: DemoClient, deal: Deal, people: Cast) -> None:
    """Every material V16 asks for, then the submission."""
    if not deal.reaches(Stage.SUBMITTED) or deal.claim_id == 0:
        return
    path = f"/claims/{deal.claim_id}/materials"
    for kind in (MaterialKind.SERVICE_CONTRACT, MaterialKind.INNOVATION_RELEVANCE_PROOF):
        _upload(client, deal, path, kind)
    _upload(client, deal, path, MaterialKind.RESULT_PROOF)
    _upload(client, deal, path, MaterialKind.INVOICE, **_invoice(deal, people))
    submit(client, deal)


def submit(client: DemoClient, deal: Deal) -> None:
    """Hand the claim in, for the first time or again; what is claimed is what the story expects."""
    claim = client.post(deal.claimant, f"/claims/{deal.claim_id}/submission", DECLARED)
    deal.claim_state = ClaimState.SUBMITTED
    _agree(deal, claim, claimed_fen=deal.subsidy_fen)


def missing_materials_refused(client: DemoClient, deal: Deal) -> int:
    """A claim without any material is refused; returns how many items were named at once."""
    path = f"/claims/{deal.claim_id}/submission"
    problem = is_refused(
        client, deal.claimant, path, DECLARED, "submission_refused", status=HTTPStatus.UNPROCESSABLE_ENTITY
    )
    return len(problem["reasons"])


def review(client: DemoClient, deal: Deal) -> None:
    """The city's first review, as the plan has it; a claim to be withdrawn is withdrawn before."""
    if deal.claim_state is not ClaimState.SUBMITTED or not deal.reaches(Stage.REVIEWED):
        return
    match deal.turn:
        case Turn.WITHDRAWN:
            client.post(deal.claimant, f"/claims/{deal.claim_id}/withdrawal")
            deal.withdraw()
        case Turn.RETURNED | Turn.OVERDUE:
            defects = ["结果证明缺少盖章", "合同缺少保密条款"]
            _decide(client, deal, ReviewDecision.RETURN, opinion="退回补正", defects=defects)
            deal.claim_state = ClaimState.RETURNED
        case Turn.REJECTED:
            _decide(client, deal, ReviewDecision.REJECT, opinion="与主营业务无关")
            deal.reject()
        case Turn.PARTIAL:
            part, whole = PARTIAL_OF
            approve(client, deal, deal.subsidy_fen * part // whole)
        case _:
            approve(client, deal)


def mend(client: DemoClient, deal: Deal) -> None:
    """A returned claim gets a new proof and is approved."""
    if deal.turn is Turn.RETURNED and deal.claim_state is ClaimState.RETURNED:
        _upload(client, deal, f"/claims/{deal.claim_id}/materials", MaterialKind.RESULT_PROOF)
        submit(client, deal)
        approve(client, deal)


def approve(client: DemoClient, deal: Deal, amount_fen: int | None = None) -> None:
    """The city finds an explanation for every flag and approves all, or so much."""
    _settle_flags(client, deal, cast.bureau_of(deal.beneficiary.city))
    claim = _decide(client, deal, ReviewDecision.APPROVE, opinion="材料齐全，同意", amount_fen=amount_fen)
    deal.claim_state = ClaimState.CITY_APPROVED
    deal.approved_fen = deal.subsidy_fen if amount_fen is None else amount_fen
    _agree(deal, claim, approved_fen=deal.approved_fen)


def send_up(client: DemoClient, deals: Iterable[Deal]) -> int:
    """Each city collects what it approved in a summary, stamps it and sends it up; returns how many summaries.

    An unstamped one is not sent (V18), which is tried with each.
    """
    by_city: dict[str, list[Deal]] = defaultdict(list)
    for deal in deals:
        if deal.claim_state is ClaimState.CITY_APPROVED and deal.reaches(Stage.SUMMARISED):
            by_city[deal.beneficiary.city or ""].append(deal)
    for city, approved in sorted(by_city.items()):
        _send_summary(client, cast.bureau_of(city), approved)
    return len(by_city)


def decide(client: DemoClient, deals: Sequence[Deal]) -> None:
    """The province confirms, or sends back what the plan has sent back the first time."""
    for deal in deals:
        if deal.claim_state is not ClaimState.SUMMARISED or not deal.reaches(Stage.CONFIRMED):
            continue
        path = f"/claims/{deal.claim_id}/provincial-confirmation"
        if deal.turn in {Turn.SENT_BACK, Turn.SENT_BACK_REJECTED}:
            body = {"decision": ConfirmationDecision.SEND_BACK.value, "opinion": "请核实服务内容"}
            client.post(cast.PROVINCE, path, body)
            deal.claim_state = ClaimState.SENT_BACK
        else:
            _confirm(client, deal, path)


def review_again(client: DemoClient, deals: Sequence[Deal]) -> int:
    """What the province sent back is reviewed anew: approved and confirmed, or rejected; returns how many summaries."""
    back = [deal for deal in deals if deal.claim_state is ClaimState.SENT_BACK]
    for deal in back:
        if deal.turn is Turn.SENT_BACK_REJECTED:
            _decide(client, deal, ReviewDecision.REJECT, opinion="核实后不符合支持范围")
            deal.reject()
        else:
            approve(client, deal)
    summaries = send_up(client, back)
    for deal in back:
        if deal.claim_state is ClaimState.SUMMARISED:
            _confirm(client, deal, f"/claims/{deal.claim_id}/provincial-confirmation")
    return summaries


def _upload(client: DemoClient, deal: Deal, path: str, kind: MaterialKind, **fields: Any) -> None:
    content = document(f"order {deal.order_id} {kind.value} {clock.today(clock.now())}")
    client.upload(deal.claimant, path, content, f"{kind.value}.pdf", kind=kind.value, **fields)


def _invoice(deal: Deal, people: Cast) -> Json:
    """What the invoice says: from the provider to the user, for a team to its incubator, over the actual price."""
    return {
        "invoice_number": f"2637{deal.order_id:016d}",
        "invoice_type": InvoiceType.E_VAT_SPECIAL.value,
        "seller_uscc": deal.service.provider.uscc,
        "buyer_uscc": deal.beneficiary.uscc or people.incubator_uscc,
        "amount_incl_tax_fen": deal.price_fen,
        "issued_on": clock.today(clock.now()).isoformat(),
    }


def _decide(client: DemoClient, deal: Deal, decision: ReviewDecision, **said: object) -> Json:
    body = {"decision": decision.value, **{name: value for name, value in said.items() if value is not None}}
    deal.claim_reviews += 1
    return client.post(cast.bureau_of(deal.beneficiary.city), f"/claims/{deal.claim_id}/city-review", body)


def _send_summary(client: DemoClient, bureau: str, approved: Sequence[Deal]) -> None:
    summary = client.post(bureau, "/review-summaries", {"claim_ids": [deal.claim_id for deal in approved]})
    expected = sum(deal.approved_fen for deal in approved)
    if summary["total_fen"] != expected:
        raise Disagreement(f"summary {summary['id']}: {summary['total_fen']}, the story says {expected}")
    path = f"/review-summaries/{summary['id']}"
    is_refused(client, bureau, f"{path}/dispatch", {}, "state_forbids", status=HTTPStatus.CONFLICT)
    client.upload(bureau, f"{path}/stamp", document(f"stamped summary {summary['id']}"), "summary.pdf")
    client.post(bureau, f"{path}/dispatch")
    for deal in approved:
        deal.claim_state = ClaimState.SUMMARISED


def _settle_flags(client: DemoClient, deal: Deal, office: str) -> None:
    path = f"/claims/{deal.claim_id}/flags"
    for flag in client.get(office, path)["items"]:
        if flag["state"] == FlagState.RAISED:
            client.post(office, f"{path}/{flag['id']}/finding", {"finding": "cleared", "reason": "已核实"})


def _confirm(client: DemoClient, deal: Deal, path: str) -> None:
    _settle_flags(client, deal, cast.PROVINCE)
    claim = client.post(cast.PROVINCE, path, {"decision": ConfirmationDecision.CONFIRM.value, "opinion": "同意"})
    deal.confirm(deal.approved_fen)
    _agree(deal, claim, confirmed_fen=deal.confirmed_fen)


def _agree(deal: Deal, claim: Json, **own: int) -> None:
    differing = {name: (claim[name], value) for name, value in own.items() if claim[name] != value}
    if differing:
        raise Disagreement(f"claim {deal.claim_id} ({deal.turn}): (service, story) {differing}")
