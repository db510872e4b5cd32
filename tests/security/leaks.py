"""Secrets that nobody else has, and where to look for them: a run's history, files, git objects."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from urllib.parse import quote

from tests.delivery.conftest import Handle

KEY = "sk-cnry4f8e7d6c5b4a3210canaryofthekey"
TOKEN = "cnry91a2b3c4d5e6f708canaryofthetoken"
PASSWORD = "cnryc0ffee15bad1deacanaryofthepassword"
GIT_TOKEN = "cnrydeaf0bee4321canaryofthegittoken"
PROXY = "cnryfeedface0123canaryoftheproxy"
LARGEST = 1_000_000
SECRETS = {
    "OPENAI_API_KEY": KEY,
    "FOO_TOKEN": TOKEN,
    "GITHUB_TOKEN": GIT_TOKEN,
    "REPORTS_DATABASE_URL": f"postgresql://faber:{PASSWORD}@db.internal:5432/faber",
    "HTTPS_PROXY": f"http://user:{PROXY}@127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
}
CANARIES = (GIT_TOKEN, KEY, TOKEN, PASSWORD, PROXY)


def forms(secret: str) -> set[bytes]:
    """As it is, quoted for a URL, turned around, and in Base64 at each of the three offsets."""
    raw = secret.encode()
    found = {raw, quote(secret, safe="").encode(), raw[::-1], raw.hex().encode()}
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + raw)
        # Its ends depend on what stands around it.
        found.add(encoded[4:-4])
    return found


def leaked(content: bytes) -> list[str]:
    """The secrets that stand in these bytes, in any form."""
    return [secret for secret in CANARIES if any(form in content for form in forms(secret))]


async def history_bytes(handle: Handle) -> bytes:
    """A run's history as JSON, and every payload of it decoded."""
    return b"\n".join([(await handle.fetch_history()).to_json().encode(), *await payloads(handle)])


async def payloads(handle: Handle) -> list[bytes]:
    return [payload for _, payload in await named_payloads(handle)]


async def named_payloads(handle: Handle) -> list[tuple[str, bytes]]:
    """(event, data) of every payload in a run's history."""
    found: list[tuple[str, bytes]] = []
    async for event in handle.fetch_history_events():
        found += [(event.WhichOneof("attributes") or "", data) for data in _data(event)]
    return found


def _data(message: object) -> list[bytes]:
    """The `data` of each Payload in a protobuf message, however deep."""
    found: list[bytes] = []
    for field, value in message.ListFields():  # type: ignore[attr-defined]
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            inner = [item for item in value.values() if hasattr(item, "ListFields")]
        else:
            inner = list(value) if field.is_repeated else [value]
        for item in inner:
            if item.DESCRIPTOR.full_name == "temporal.api.common.v1.Payload":
                found.append(bytes(item.data))
            else:
                found += _data(item)
    return found


def in_files(folder: Path) -> dict[str, list[str]]:
    """Files below the folder in which a secret stands, git's compressed objects included."""
    found = {}
    for path in folder.rglob("*"):
        if not path.is_file() or path.is_symlink() or path.stat().st_size > LARGEST * 50:
            continue
        if secrets := leaked(path.read_bytes()):
            found[str(path)] = secrets
    for objects in [*folder.rglob("objects/pack"), *(folder,)]:
        if objects.name == "pack" and (secrets := leaked(_git_objects(objects.parent.parent))):
            found[str(objects.parent)] = secrets
    return found


def _git_objects(git_dir: Path) -> bytes:
    """Every object, but those of more than a megabyte: nothing that is looked for here is in one."""
    command = ["git", f"--git-dir={git_dir}", "cat-file"]
    listed = subprocess.run(
        [*command, "--batch-all-objects", "--batch-check=%(objectname) %(objectsize)"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    pairs = (line.split() for line in listed.stdout.splitlines())
    small = b"\n".join(name for name, size in pairs if int(size) <= LARGEST)
    shown = subprocess.run([*command, "--batch"], input=small, capture_output=True, check=True, timeout=60)
    return shown.stdout
