"""What programmes of cities pay beside the voucher, as the API shows it (V6)."""

from __future__ import annotations

from core.http import FenField, IdField, Schema, TextField


class AidSchema(Schema):
    """What one programme adds to a subsidy, and why that much."""

    programme = TextField(required=True, metadata={"description": "The programme's code in the policy pack."})
    fund = TextField(required=True, metadata={"description": "The name its fund is kept under."})
    zh = TextField(required=True, metadata={"description": "Its name in Chinese."})
    en = TextField(required=True, metadata={"description": "Its name in English."})
    reference = TextField(required=True, metadata={"description": "The document of the city it rests on."})
    rate = TextField(required=True, metadata={"description": "Its rate, such as 0.10."})
    entitlement_fen = FenField(required=True, metadata={"description": "Rate times price in fen, rounded down."})
    cap_fen = FenField(required=True, metadata={"description": "Its yearly cap for one controller or team, in fen."})
    cap_room_fen = FenField(required=True, metadata={"description": "What that cap had left, in fen."})
    order_max_fen = FenField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The most it adds to one order, in fen; null without such a limit."},
    )
    left_fen = FenField(
        load_default=None,
        allow_none=True,
        metadata={"description": "What subsidy and the programmes before it leave of the fee, in fen."},
    )
    amount_fen = FenField(
        required=True, metadata={"description": "What it adds in fen; all aid together never exceeds the fee (V6)."}
    )


class ClaimAidSchema(Schema):
    """One programme's part of a claim; each sum is at most the one before."""

    id = IdField(required=True, metadata={"description": "Its number; its payable's source is aid:<number>."})
    programme = TextField(required=True, metadata={"description": "The programme's code in the policy pack."})
    fund = TextField(required=True, metadata={"description": "The name its fund is kept under."})
    aid_fen = FenField(required=True, metadata={"description": "The order's aid at completion, in fen."})
    claimed_fen = FenField(required=True, metadata={"description": "What is claimed of it, in fen."})
    approved_fen = FenField(
        required=True,
        allow_none=True,
        attribute="standing_approved_fen",
        metadata={"description": "What follows of it from the city's approval, in fen; 0 once revoked."},
    )
    confirmed_fen = FenField(
        required=True,
        allow_none=True,
        attribute="standing_confirmed_fen",
        metadata={"description": "What is confirmed, in fen; 0 once revoked."},
    )
