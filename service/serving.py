"""How gunicorn serves the site: `gunicorn -c python:service.serving "service.site:create_app()"`, as `vermilion serve` and the units do.

Threads, because a request mostly waits for the database. Told to stop, a worker takes nothing new and has half a minute for
what it began. gunicorn's own variables (WEB_CONCURRENCY, GUNICORN_CMD_ARGS) go over what stands here.
"""

from typing import Any

from prometheus_client import multiprocess

bind = "127.0.0.1:8000"
worker_class = "gthread"
threads = 8
timeout = 60
"""Seconds after which a worker that shows no sign of life is replaced; no request of ours takes half of it."""
graceful_timeout = 30
keepalive = 5
backlog = 512
umask = 0o027
worker_tmp_dir = "/dev/shm"  # noqa: S108 -- the heartbeat of workers, in memory: a slow disk must not look like a dead worker
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = "127.0.0.1,::1"
accesslog = None
"""One line an answer is said by `service.logs`, by the rule and not by what was typed."""
logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "service.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}


def child_exit(_server: Any, worker: Any) -> None:
    """Take what a worker that ended measured out of the sum of those that live."""
    try:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
    except (KeyError, TypeError):  # no folder to count in: nothing to take out
        return
