"""A service as a task of Windows' Task Scheduler: at the computer's start, whether a user is logged on or not."""

import re
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from aponta.errors import ConfigError
from aponta.operate.service.unit import Service, ServiceState, run_tool

SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
SYSTEM_ACCOUNT = "S-1-5-18"
EXPANDED = re.compile(r"%[^%]+%|\$\(")  # the scheduler expands variables, and knows no escape
# The scheduler's "restart on failure" looks only at whether the task could be started. So the task is started every
# minute, and one that still runs is left alone.
TASK = f"""
<Task version="1.2" xmlns="{SPACE}">
  <RegistrationInfo><Description/></RegistrationInfo>
  <Triggers>
    <BootTrigger/>
    <TimeTrigger>
      <Repetition><Interval>PT1M</Interval></Repetition>
      <StartBoundary>2020-01-01T00:00:00</StartBoundary>
    </TimeTrigger>
  </Triggers>
  <Principals><Principal id="Author"><UserId/></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author"><Exec><Command/><Arguments/></Exec></Actions>
</Task>
"""


class TaskScheduler:
    def place(self, service: Service) -> str:
        return f"\\{service.name}"

    def definition(self, service: Service) -> str:
        """Raises ConfigError `operate.path` for a path that the scheduler would read differently."""
        for word in service.command:
            if found := EXPANDED.search(word):
                raise ConfigError("operate.path", path=word, mark=found[0])
        task = ET.fromstring(TASK.strip())
        fill = {
            "Description": "Made by aponta service install; aponta service remove takes it away.",
            "UserId": service.user or SYSTEM_ACCOUNT,
            "Command": service.program,
            "Arguments": subprocess.list2cmdline(service.command[1:]),
        }
        for name, text in fill.items():
            task.find(f".//{{{SPACE}}}{name}").text = text  # type: ignore[union-attr]
        if service.user:  # S4U: logged on or not, and no password is stored
            principal = task.find(f".//{{{SPACE}}}Principal")
            ET.SubElement(principal, f"{{{SPACE}}}LogonType").text = "S4U"  # type: ignore[arg-type]
        ET.register_namespace("", SPACE)
        ET.indent(task)
        return '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(task, encoding="unicode") + "\n"

    def install(self, service: Service) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "task.xml"
            path.write_text(self.definition(service), encoding="utf-16")
            run_tool(["schtasks", "/create", "/f", "/tn", service.name, "/xml", str(path)])
        run_tool(["schtasks", "/run", "/tn", service.name])

    def remove(self, service: Service) -> None:
        if self.state(service) != "absent":
            run_tool(["schtasks", "/end", "/tn", service.name], accept=(0, 1))  # 1: it does not run
            run_tool(["schtasks", "/delete", "/f", "/tn", service.name])

    def state(self, service: Service) -> ServiceState:
        """Asks PowerShell: schtasks prints in the language of the computer."""
        ask = f"(Get-ScheduledTask -TaskName '{service.name}' -ErrorAction SilentlyContinue).State"
        state = run_tool(["powershell", "-NoProfile", "-NonInteractive", "-Command", ask], accept=(0, 1)).strip()
        return "absent" if not state else "running" if state == "Running" else "stopped"
