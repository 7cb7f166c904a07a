"""The manager of services that this computer has."""

import sys

from aponta.errors import ConfigError
from aponta.operate.service.unit import ServiceManager


def service_manager() -> ServiceManager:
    """systemd on Linux, the Task Scheduler on Windows. Raises ConfigError `operate.no_manager` elsewhere."""
    if sys.platform == "win32":
        from aponta.operate.service.task_scheduler import TaskScheduler

        return TaskScheduler()
    if sys.platform == "linux":
        from aponta.operate.service.systemd import Systemd

        return Systemd()
    raise ConfigError("operate.no_manager", program="systemd, schtasks")
