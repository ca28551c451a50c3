"""What quotes and orders look like in requests and answers."""

from marketplace.schemas.orders import (
    CancellationSchema,
    CompletionSchema,
    ConfirmedPaymentSchema,
    ContractSchema,
    DeclineSchema,
    DeliverySchema,
    FeeWaiverSchema,
    NoShowSchema,
    OrderFilterSchema,
    OrderSchema,
    PaidOrderSchema,
    PlaceOrderSchema,
    RebookingSchema,
)
from marketplace.schemas.quotes import QuoteRequestSchema, QuoteSchema

__all__ = [
    "CancellationSchema",
    "CompletionSchema",
    "ConfirmedPaymentSchema",
    "ContractSchema",
    "DeclineSchema",
    "DeliverySchema",
    "FeeWaiverSchema",
    "NoShowSchema",
    "OrderFilterSchema",
    "OrderSchema",
    "PaidOrderSchema",
    "PlaceOrderSchema",
    "QuoteRequestSchema",
    "QuoteSchema",
    "RebookingSchema",
]
