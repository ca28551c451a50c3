"""What quotes and orders look like in requests and answers."""

from marketplace.schemas.orders import (
    CancellationSchema,
    CompletionSchema,
    ContractSchema,
    DeclineSchema,
    DeliverySchema,
    OrderFilterSchema,
    OrderSchema,
    ConfirmedPaymentSchema,
    PlaceOrderSchema,
)
from marketplace.schemas.quotes import QuoteRequestSchema, QuoteSchema

__all__ = [
    "CancellationSchema",
    "CompletionSchema",
    "ContractSchema",
    "DeclineSchema",
    "DeliverySchema",
    "OrderFilterSchema",
    "OrderSchema",
    "ConfirmedPaymentSchema",
    "PlaceOrderSchema",
    "QuoteRequestSchema",
    "QuoteSchema",
]
