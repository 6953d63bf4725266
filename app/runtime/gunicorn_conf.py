"""How the web processes are run, on a laptop and in production alike."""

import os
from pathlib import Path

wsgi_app = "wsgi:app"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gevent"
worker_connections = 5000
control_socket_disable = True

timeout = 60
graceful_timeout = 10
keepalive = 30

# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - not a temp file

proc_name = "laurel-web"


def post_fork(_server: object, _worker: object) -> None:
    """Let a process accept one connection at a time, else the first one awake takes a hundred."""
    from gevent.server import StreamServer

    StreamServer.max_accept = 1


def post_worker_init(_worker: object) -> None:
    """Spare requests the long looks for garbage, and answer what is no request as our API does."""
    from app.kernel import memory
    from app.runtime import unreadable

    memory.settle()
    unreadable.install()
