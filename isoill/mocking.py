"""The command that plays a partner: ``isoill mock``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
from typing import TYPE_CHECKING, Any

from isoill.addresses import Address, AddressError, host_and_port
from isoill.asn1 import type_of
from isoill.matching import shown
from isoill.plain import to_dict
from isoill.terminal import CommandError, complain, in_utf8, shown_name

if TYPE_CHECKING:
    from isoill.profiles import Profile
    from isoill.testing import MockPeer
    from isoill.testing.mock import Watch

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Play a partner until it is told to end; gives the exit code."""
    profile = _profile(options.profile)
    ports = [each.port for each in profile.listeners if each.port is not None]
    host, port = _address("--listen", options.listen, ports[0] if ports else 0)
    if options.answer_to is not None:
        _address("--answer-to", options.answer_to)
    if options.json:
        in_utf8()
    with contextlib.suppress(KeyboardInterrupt):  # where signals have no handlers
        asyncio.run(_playing(options, profile, host, port))
    return 0


async def _playing(options: argparse.Namespace, profile: Profile, host: str, port: int) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(number, ended.set)

    def watch(word: str, what: Any) -> None:
        try:
            _print(word, what, options.json)
        except BrokenPipeError:  # nobody looks any more
            ended.set()

    peer = _peer(options, profile, host, port, watch)
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(peer)
        except OSError as error:
            raise CommandError(f"--listen: {options.listen}: {error.strerror}", 2) from None
        place = Address(peer.host, peer.port).place
        if options.json:
            told = {"listening": place, "host": peer.host, "port": peer.port, "duplex": peer.duplex}
            print(json.dumps({**told, "profile": profile.name}), flush=True)
        else:
            mode = "duplex" if peer.duplex else "simplex"
            print(f"isoill: {profile.name} listens on {place} ({mode})", flush=True)
        await ended.wait()


def _peer(options: argparse.Namespace, profile: Profile, host: str, port: int, watch: Watch) -> MockPeer:
    from isoill.profiles import PartnerError  # noqa: PLC0415
    from isoill.testing import MockPeer  # noqa: PLC0415 - asyncio and all that

    try:
        return MockPeer(
            profile,
            script=options.script,
            duplex=options.duplex,
            host=host,
            port=port,
            answer_to=options.answer_to,
            watch=watch,
        )
    except PartnerError as error:
        raise CommandError(str(error), 2) from None
    except OSError as error:
        raise CommandError(f"{shown_name(options.script)}: {error.strerror}", 2) from None


def _print(word: str, what: Any, as_json: bool) -> None:
    """A line for a message; what went wrong is for standard error."""
    if word in ("refused", "failed"):
        complain(f"{word}: {what}")
        return
    name, about = type_of(type(what)).name, shown(what.transaction_id)
    if as_json:
        line = json.dumps({"what": word, "apdu": name, "id": about, "message": to_dict(what)}, ensure_ascii=False)
    else:
        line = f"{word} {name} of {about}"
    print(line, flush=True)


def _address(option: str, text: str, port: int | None = None) -> tuple[str, int]:
    try:
        return host_and_port(text, port=port, lowest=0 if port is not None else 1)
    except AddressError as error:
        raise CommandError(f"{option}: {error}", 2) from None


def _profile(name: str) -> Profile:
    """One that isoill brings, or a partner's."""
    from isoill.profiles import PROFILES, PartnerError, load_profile  # noqa: PLC0415 - most commands need none

    if name in PROFILES:
        return PROFILES[name]
    if not name.lower().endswith(".toml"):
        raise CommandError(f"--profile: expected one of {', '.join(PROFILES)}, or a FILE.toml, found {name!r:.60}", 2)
    try:
        return load_profile(name)
    except OSError as error:
        raise CommandError(f"{shown_name(name)}: {error.strerror}", 2) from None
    except PartnerError as error:
        raise CommandError(str(error), 2) from None
