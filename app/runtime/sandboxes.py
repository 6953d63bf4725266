"""The vendors of the demo company, played on this machine, so that rewards are ordered over HTTP."""

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from app.runtime.children import Role
from app.settings import sandbox_hook_in

VENDORS = ("plum", "tremendous", "razorpayx", "xendit", "cashfree")
GATEWAY = "twilio"
"""Who carries texts; an operator's setting, not an account of a company."""
EVERY = (*VENDORS, GATEWAY)
VARIABLE = "LAUREL_SANDBOXES"


def free_ports() -> dict[str, int]:
    """Return a free port for each vendor."""
    probes = {name: socket.create_server(("127.0.0.1", 0)) for name in EVERY}
    ports = {name: probe.getsockname()[1] for name, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    return ports


def roles(ports: Mapping[str, int], home: Path) -> list[Role]:
    """Return the processes that play the vendors; their books are kept in `home`."""
    folder = home / "sandboxes"
    folder.mkdir(parents=True, exist_ok=True)
    return [
        Role(
            name,
            (
                sys.executable,
                "-m",
                f"tests.sandboxes.{name}",
                "--port",
                str(port),
                "--state",
                str(folder / f"{name}.json"),
                "--hook",
                str(sandbox_hook_in(home, name)),
            ),
        )
        for name, port in ports.items()
    ]


def told(ports: Mapping[str, int]) -> str:
    """Return what the demo company is told about where its vendors are."""
    return ",".join(f"{name}=http://127.0.0.1:{port}" for name, port in ports.items())


def texts(ports: Mapping[str, int], operators: Mapping[str, str]) -> dict[str, str]:
    """Return the settings under which texts go to the gateway played here, unless the operator has one."""
    if GATEWAY not in ports or operators.get("SMS_ACCOUNT"):
        return {}
    return {
        "SMS_URL": f"http://127.0.0.1:{ports[GATEWAY]}",
        "SMS_ACCOUNT": "AC" + 32 * "0",
        "SMS_TOKEN": "twilio-sandbox-token",
        "SMS_FROM": "Laurel",
    }
