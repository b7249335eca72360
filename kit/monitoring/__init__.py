"""What is measured while a network learns."""

from kit.monitoring.loss_guard import LossGuard
from kit.monitoring.monitor import Monitor

__all__ = [
    "LossGuard",
    "Monitor",
]
