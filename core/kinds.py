"""Words that several packages need and none of them owns."""

from __future__ import annotations

from enum import StrEnum


class ServiceKind(StrEnum):
    """The fifteen kinds of service that are offered and that vouchers support (V11): seven of R&D, eight of testing."""

    INDUSTRIAL_DESIGN = "industrial_design"
    PROCESS_DESIGN = "process_design"
    IC_DESIGN = "ic_design"
    JOINT_DEVELOPMENT = "joint_development"
    COMMISSIONED_DEVELOPMENT = "commissioned_development"
    TECHNICAL_SOLUTION = "technical_solution"
    PILOT_ENGINEERING = "pilot_engineering"
    PRODUCT_INSPECTION = "product_inspection"
    INDICATOR_TEST = "indicator_test"
    PERFORMANCE_TEST = "performance_test"
    STANDARD_CUSTOMISATION = "standard_customisation"
    IC_PACKAGING_TEST = "ic_packaging_test"
    COMMISSIONED_ANALYSIS = "commissioned_analysis"
    COMMISSIONED_EXPERIMENT = "commissioned_experiment"
    MACHINE_TIME = "machine_time"


class ExtraKind(StrEnum):
    """What an extra of a service is: used up in it, further work on the samples, doing it sooner, sending, or else.

    Which of them are part of the cost a voucher shares is a value of the policy (V12 base).
    """

    CONSUMABLE = "consumable"
    PREPARATION = "preparation"
    EXPRESS = "express"
    SHIPPING = "shipping"
    OTHER = "other"
