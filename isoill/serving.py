"""The command that runs a node: ``isoill serve``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import logging
import os
import signal
import ssl as tls
import sys

from isoill.addresses import Address, AddressError, host_and_port
from isoill.logs import JSONLines, Log
from isoill.node import Decide, Node
from isoill.partners import Partners
from isoill.store import Store
from isoill.terminal import CommandError, in_utf8

__all__ = ["run"]


def run(options: argparse.Namespace, store: Store, partners: Partners | None) -> int:
    """Run a node until it is told to end; gives the exit code."""
    try:
        host, port = host_and_port(options.listen, lowest=0)
    except AddressError as error:
        raise CommandError(f"--listen: {error}", 2) from None
    hook = None if options.hook is None else _hook(options.hook)
    ours, theirs = _contexts(options)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    if options.json:
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JSONLines())
    retries = {} if options.retry is None else {"retries": options.retry}
    node = Node(
        store,
        partners=partners,
        decide=hook,
        name=options.name,
        ssl=theirs,
        open_per_partner=options.open_per_partner,
        **retries,
    )
    return asyncio.run(_serving(node, host, port, options, ours))


async def _serving(
    node: Node, host: str, port: int, options: argparse.Namespace, context: tls.SSLContext | None
) -> int:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with node:
        try:
            server = await node.listen(host, port, duplex=options.duplex, ssl=context)
        except OSError as error:
            raise CommandError(f"--listen: {options.listen}: {error.strerror}", 2) from None
        host, port = server.addresses[0]
        address = Address(host, port, duplex=options.duplex, tls=context is not None)
        if options.json:
            in_utf8()
            told = {"listening": address.place, "host": host, "port": port, "duplex": options.duplex}
            print(json.dumps({**told, "store": node.store.name}), flush=True)
        else:
            mode = str(address).removeprefix(address.place).strip()
            print(f"isoill: listening on {address.place} ({mode}), store {node.store.name}", flush=True)
        await ended.wait()
        await node.stop()
        Log("isoill").info("ended", **node.figures())
    return 0


def _hook(text: str) -> Decide:
    module, colon, name = text.partition(":")
    if not (module and colon and name):
        raise CommandError(f"--hook: expected MODULE:FUNCTION, found {text!r:.80}", 2)
    sys.path.append(os.getcwd())
    try:
        found = getattr(importlib.import_module(module), name, None)
    except Exception as error:
        raise CommandError(
            f"--hook: expected a module that can be imported, found {type(error).__name__}: {error}", 2
        ) from None
    if not callable(found):
        raise CommandError(f"--hook: expected a function {name} in {module}, found {found!r:.60}", 2)
    hook: Decide = found
    return hook


def _contexts(options: argparse.Namespace) -> tuple[tls.SSLContext | None, tls.SSLContext | None]:
    """For connections to us, and for those that we open: the same certificate in both."""
    if options.tls_cert is None:
        for name, value in (("--tls-key", options.tls_key),):
            if value is not None:
                raise CommandError(f"{name}: expected --tls-cert, too, found none", 2)
    try:
        theirs = tls.create_default_context(cafile=options.tls_ca)
        if options.tls_cert is None:
            return None, theirs
        ours = tls.create_default_context(tls.Purpose.CLIENT_AUTH, cafile=options.tls_ca)
        for context in (ours, theirs):
            context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise CommandError(
            f"--tls-cert, --tls-key, --tls-ca: expected PEM files that can be read, found {error}", 2
        ) from None
    if options.tls_ca is not None:
        ours.verify_mode = tls.CERT_REQUIRED
    return ours, theirs
