"""One address and nothing else: requests, limits, and trying again.

The client takes no proxy from the environment, follows no redirect and asks for no compression (so that a limit on what
is read is a limit on what is held).
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import random
import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from unsorry.errors import EndpointError, InputError, RefusedError
from unsorry.suggesters.http.trouble import said

_MAX_ERROR = 64 * 1024
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what an endpoint may take: seconds, bytes of one reply, characters of one choice, connections, tries.

    ``silence`` is how long a server may say nothing at all: reading a long prompt on a CPU takes that long.
    """

    connect: float = 5.0
    silence: float = 60.0
    total: float = 300.0
    reply: int = 8 * 1024 * 1024
    choice: int = 100_000
    connections: int = 4
    tries: int = 3
    pause: float = 0.5
    longest_pause: float = 10.0


class Endpoint:
    """An address that was configured, with the key for it."""

    def __init__(self, address: str, *, key: str | None = None, proxy: str | None = None, limits: Limits) -> None:
        """``address`` is where the interface is, as in ``http://127.0.0.1:11434/v1``; ``/v1`` if it has no path."""
        self._base = _base(address)
        self._limits = limits
        self._key = key.strip() if key else None
        if self._key is not None and not (self._key.isascii() and self._key.isprintable()):
            raise InputError("The key for the model server has signs that no key has; give it again.")
        try:
            self._proxy = httpx.Proxy(proxy) if proxy else None
        except (httpx.InvalidURL, ValueError):
            raise InputError("The proxy for the model server is no URL; give one like http://127.0.0.1:3128.") from None
        if self._proxy is not None and self._proxy.url.scheme not in {"http", "https"}:
            # httpx takes these only with a package that is not among ours.
            raise InputError("The proxy for the model server is a SOCKS proxy; give one like http://127.0.0.1:3128.")
        self._client: httpx.AsyncClient | None = None
        # The server asked for quiet until then.
        self._quiet_until = 0.0

    @property
    def shown(self) -> str:
        """The address as users see it."""
        return str(self._base)

    async def aclose(self) -> None:
        """Closes all connections.  The endpoint can be used again."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def recovers(self, trouble: EndpointError, attempt: int) -> bool:
        """Whether to try again, after the pause that is due; ``attempt`` counts from one."""
        if trouble.wait is not None:
            self._quiet_until = time.monotonic() + trouble.wait
        if not trouble.again or attempt >= self._limits.tries:
            return False
        pause = min(self._limits.longest_pause, self._limits.pause * 2 ** (attempt - 1))
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        return True

    async def _wait_for_quiet(self) -> None:
        wait = self._quiet_until - time.monotonic()
        if wait > self._limits.longest_pause:
            raise EndpointError("busy", f"{self.shown} asked to be left alone for another {wait:.0f} seconds.")
        if wait > 0:
            await asyncio.sleep(wait)

    @asynccontextmanager
    async def post(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[httpx.Response]:
        """The answer to a request, once its head is there and good.  Leaving the block closes the connection.

        All that goes wrong, also while the block reads the answer, is an :class:`EndpointError`.
        """
        await self._wait_for_quiet()
        headers = {
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        # In ASCII, for what an editor sends need not be sound Unicode.
        content = json.dumps(body).encode("ascii")
        with _Telling(self.shown, self._limits):
            async with (
                asyncio.timeout(self._limits.total),
                self._connected().stream("POST", f"{self._base}{path}", content=content, headers=headers) as response,
            ):
                await self._check(response)
                yield response

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                trust_env=False,
                proxy=self._proxy,
                follow_redirects=False,
                timeout=httpx.Timeout(self._limits.silence, connect=self._limits.connect, pool=None),
                limits=httpx.Limits(max_connections=self._limits.connections, keepalive_expiry=30.0),
            )
        return self._client

    async def _check(self, response: httpx.Response) -> None:
        """Raises what a status other than success means."""
        status = response.status_code
        if response.is_success:
            return
        if 300 <= status < 400:
            raise EndpointError(
                "redirect",
                f"{self.shown} sends elsewhere, which is refused; configure the address of the server itself.",
            )
        text = await self._error_text(response)
        message = f": {text}" if text else ""
        if status in {401, 403}:
            raise EndpointError(
                "key", f"{self.shown} does not accept the key (status {status}); set the right one{message}."
            )
        if status == 404:
            raise EndpointError("missing", f"{self.shown} has no such model or interface (status 404){message}.")
        if status in _PASSING:
            wait = _retry_after(response.headers.get("retry-after"))
            kind, what = ("busy", "has too much to do") if status == 429 else ("failing", "fails")
            again = wait is None or wait <= self._limits.longest_pause
            raise EndpointError(kind, f"{self.shown} {what} (status {status}){message}.", again=again, wait=wait)
        raise RefusedError(f"{self.shown} refuses the request (status {status}){message}.", text)

    async def _error_text(self, response: httpx.Response) -> str:
        body = b""
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > _MAX_ERROR:
                break
        text = said(body[:_MAX_ERROR].decode("utf-8", "replace")).rstrip(".")
        # Some servers repeat the key in their answer.
        return text.replace(self._key, "…") if self._key else text


class _Telling:
    """Turns what the client raises into trouble with a sentence."""

    def __init__(self, shown: str, limits: Limits) -> None:
        self._shown = shown
        self._limits = limits

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case httpx.ConnectTimeout():
                text = f"{self._shown} could not be reached within {self._limits.connect:g} seconds; is the server up?"
                raise EndpointError("down", text, again=True) from error
            case httpx.TimeoutException():
                text = f"{self._shown} said nothing for {self._limits.silence:g} seconds and was given up."
                raise EndpointError("slow", text) from error
            case TimeoutError():
                text = f"{self._shown} was not done after {self._limits.total:g} seconds and was given up."
                raise EndpointError("slow", text) from error
            case httpx.ConnectError() | httpx.ProxyError() | UnicodeError():
                text = f"{self._shown} can't be reached; start the server or correct the address."
                raise EndpointError("down", text, again=True) from error
            case httpx.HTTPError() | httpx.StreamError() | OSError() | ssl.SSLError():
                text = f"{self._shown} broke off in the middle of its answer."
                raise EndpointError("broken", text, again=True) from error
            case _:
                pass


def _base(address: str) -> httpx.URL:
    """The address to put paths behind.  Raises for what is none, never repeating what may hold a key."""
    try:
        url = httpx.URL(address.strip())
    except (httpx.InvalidURL, TypeError, ValueError):
        raise InputError(
            "The address of the model server is no URL; give one like http://127.0.0.1:11434/v1."
        ) from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise InputError("The address of a model server begins with http:// or https:// and a host.")
    if url.userinfo or url.query or url.fragment:
        raise InputError(
            "The address of a model server has no password, query or fragment; keys are set apart from it."
        )
    path = url.path.rstrip("/")
    for end in ("/chat/completions", "/completions"):
        path = path.removesuffix(end)
    return url.copy_with(path=path or "/v1")


def _retry_after(value: str | None) -> float | None:
    """Seconds that a server wants to be left alone, from a number or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
