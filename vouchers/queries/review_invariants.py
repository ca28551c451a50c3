"""What must always be true of decisions by officers: holders, ties, decisions about many, and sums of summaries."""

from __future__ import annotations

from core.invariants import Invariant

REVIEW_INVARIANTS = [
    Invariant(
        10,
        "cases: a claim is in one pair of hands",
        """
        SELECT one.claim_id AS claim, one.id AS review_case, other.id AS other_case
          FROM review_case one JOIN review_case other ON other.claim_id = one.claim_id AND other.id > one.id
         WHERE one.ended_at IS NULL OR one.ended_at > other.taken_at
        """,
    ),
    Invariant(
        10,
        "reviews: while a case is held nobody but its holder decides",
        """
        SELECT r.id AS claim_review, r.claim_id AS claim, r.reviewer_id, h.holder_id
          FROM claim_review r JOIN review_case h ON h.claim_id = r.claim_id
         WHERE r.at > h.taken_at AND (h.ended_at IS NULL OR r.at < h.ended_at)
           AND (r.at AT TIME ZONE 'Asia/Shanghai')::date <= h.last_day
           AND r.reviewer_id <> h.holder_id
        """,
    ),
    Invariant(
        10,
        "reviews: nobody decides about those he has declared a tie to, nor about a claim whose materials he added",
        """
        SELECT r.id AS claim_review, r.claim_id AS claim, r.reviewer_id, i.id AS user_interest
          FROM claim_review r
          JOIN claim c ON c.id = r.claim_id
          JOIN organisation party ON party.id IN (c.beneficiary_id, c.provider_id, c.claimant_id)
          LEFT JOIN user_interest i
            ON i.user_id = r.reviewer_id AND i.entered_at < r.at AND i.voided_at IS NULL
           AND i.since <= (r.at AT TIME ZONE 'Asia/Shanghai')::date
           AND (i.until IS NULL OR i.until >= (r.at AT TIME ZONE 'Asia/Shanghai')::date)
           AND (i.organisation_id IN (party.id, party.incubator_id) OR i.uscc = party.uscc)
         WHERE i.id IS NOT NULL
            OR EXISTS (SELECT FROM claim_material m WHERE m.claim_id = c.id AND m.added_by = r.reviewer_id
                          AND m.added_at < r.at)
        """,
    ),
    Invariant(
        10,
        "batches: what was decided together is each claim's own decision, and their sums are the total",
        """
        SELECT b.id AS review_batch, b.total_fen, count(r.id) AS decided, sum(r.amount_fen) AS granted_fen
          FROM review_batch b LEFT JOIN claim_review r ON r.batch_id = b.id
         GROUP BY b.id
        HAVING count(r.id) <> jsonb_array_length(b.claim_ids) OR COALESCE(sum(r.amount_fen), 0) <> b.total_fen
            OR bool_or(NOT b.claim_ids @> to_jsonb(r.claim_id) OR r.reviewer_id <> b.decided_by)
        """,
    ),
    Invariant(
        6,
        "summaries: the total is the sum of the lines, and what has a number has its document",
        """
        SELECT s.id AS review_summary, s.total_fen, sum(l.approved_fen) AS lines_fen
          FROM review_summary s LEFT JOIN review_summary_claim l ON l.summary_id = s.id
         GROUP BY s.id
        HAVING s.total_fen <> COALESCE(sum(l.approved_fen), 0)
            OR (s.number IS NULL) <> (s.document_file_id IS NULL)
        """,
    ),
]
