"""Where runs are told: MLFLOW_TRACKING_URI or the working directory, and whether anybody answers there."""

import logging
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from ecosim.tracking.errors import TrackingError, Unreachable

DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
SERVERS = ("http", "https", "databricks")
LIMIT = 9.0  # seconds until a server counts as away
PATIENCE = 5.0  # seconds one attempt may take
ATTEMPTS = 3


def quiet() -> None:
    """Sets MLflow's environment before its first import: no telemetry, and no wait of minutes for a dead server.

    What the user has set stays, telemetry excepted. The eighty migration lines of a new store and the tracebacks that
    MLflow logs before it raises are kept out of the terminal.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", str(ATTEMPTS - 1))
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(int(PATIENCE)))
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "0")


def resolve(root: Path) -> str:
    """The tracking address for a working directory: MLFLOW_TRACKING_URI, else `sqlite:///<root>/mlruns/mlflow.db`.

    Raises TrackingError for a plain folder store (MLflow 3 refuses those) and for an address MLflow cannot read.
    """
    address = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    if not address:
        if odd := re.search(r"[?%]", str(root)):
            raise TrackingError(
                f"{root}: MLflow cannot open a store in a folder with {odd.group()!r} in its path; rename it"
            )
        return f"sqlite:///{(root / 'mlruns' / 'mlflow.db').as_posix()}"
    scheme = address.partition(":")[0].partition("+")[0].lower() if ":" in address else ""
    if scheme == "sqlite":
        file = address.removeprefix("sqlite:///")
        if file in (address, "", ":memory:"):
            raise TrackingError(
                f"MLFLOW_TRACKING_URI={address}: names no file; write sqlite:////absolute/path/mlflow.db"
            )
        return f"sqlite:///{(root / file).as_posix()}"
    if address == "databricks" or scheme in SERVERS + DATABASES:
        return address
    if re.fullmatch(r"[\w.-]+:\d+(/.*)?", address):
        raise TrackingError(f"MLFLOW_TRACKING_URI={address}: no scheme; write http://{address}")
    if scheme in ("", "file"):
        raise TrackingError(
            f"MLFLOW_TRACKING_URI={address}: a plain folder store, which MLflow 3 no longer takes; "
            "`unset MLFLOW_TRACKING_URI` to log under mlruns/ here, or name a server (http://host:5000) "
            "or a database (sqlite:////absolute/path/mlflow.db)"
        )
    raise TrackingError(
        f"MLFLOW_TRACKING_URI={shown(address)}: unknown scheme {scheme!r}; valid: {', '.join(SERVERS + DATABASES)}"
    )


def shown(address: str) -> str:
    """The address without a password, for messages."""
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", address)


def check(address: str) -> None:
    """Returns at once when the server at `address` answers anything; raises Unreachable within 9 s when it does not.

    Databases and Databricks are not asked: opening them says it.
    """
    if not address.startswith(("http://", "https://")):
        return
    deadline = time.monotonic() + LIMIT
    reason = ""
    for attempt in range(ATTEMPTS):
        left = deadline - time.monotonic()
        if left < 0.2:
            break
        reason = _refusal(address, min(PATIENCE, left))
        if not reason:
            return
        if attempt < ATTEMPTS - 1:
            time.sleep(max(0.0, min(1.0, deadline - time.monotonic())))
    raise Unreachable(
        f"the tracking server {shown(address)} does not answer ({reason}); start it, "
        "or `unset MLFLOW_TRACKING_URI` to log under mlruns/ of the working directory"
    )


def _refusal(address: str, patience: float) -> str:
    """Why the server cannot be asked just now; empty when it can."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    place = f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}/health"
    try:
        urllib.request.urlopen(place, timeout=patience).close()
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}" if error.code in (502, 503, 504) else ""
    except urllib.error.URLError as error:
        return "" if isinstance(error.reason, ssl.SSLError) else str(error.reason)
    except OSError as error:  # a time-out while reading, a connection reset
        return str(error) or type(error).__name__
    return ""
