"""The HTTP edge: bearer tokens in, problem documents out, permissions on every route, keys on every change."""

from core.http.api import MULTIPART, ProblemSchema, create_api, problems, register_api
from core.http.api import ApiBlueprint as Blueprint
from core.http.edge import (
    ALLOWED,
    allow,
    current_actor,
    init_edge,
    set_actor_loader,
    set_session_loader,
    takes_files_up_to,
)
from core.http.idempotent import idempotent
from core.http.paging import CursorSchema, page_of, page_schema
from core.http.schemas import (
    CountField,
    DayField,
    DecimalField,
    EnumField,
    FenField,
    FlagField,
    GroundSchema,
    IdField,
    InstantField,
    ReasonSchema,
    Schema,
    TextField,
    UploadField,
    grounds_field,
)

__all__ = [
    "ALLOWED",
    "MULTIPART",
    "Blueprint",
    "CountField",
    "CursorSchema",
    "DayField",
    "DecimalField",
    "EnumField",
    "FenField",
    "FlagField",
    "GroundSchema",
    "IdField",
    "InstantField",
    "ProblemSchema",
    "ReasonSchema",
    "Schema",
    "TextField",
    "UploadField",
    "allow",
    "create_api",
    "current_actor",
    "grounds_field",
    "idempotent",
    "init_edge",
    "page_of",
    "page_schema",
    "problems",
    "register_api",
    "set_actor_loader",
    "set_session_loader",
    "takes_files_up_to",
]
