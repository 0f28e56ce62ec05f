"""The one place where pygls is wrapped: messages in and out, and what the protocol demands of both sides.

Of pygls come the types of the messages, their conversion, and the table of the requests that this side has sent.  Who
handles what is decided here: pygls would apply an older version of a document, leave some requests without an answer,
send tracebacks to the client and log what the user writes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from functools import cache
from typing import Any, Final, TypeGuard, cast

from cattrs import Converter
from lsprotocol import types
from lsprotocol.types import ErrorCodes
from pygls.protocol import default_converter
from pygls.protocol.json_rpc import JsonRPCProtocol
from pygls.server import JsonRPCServer

from unsorry.lsp.requests import Ident, Ledger, RequestError, fault

_log = logging.getLogger(__name__)

# Below this level pygls logs whole messages, and with them what the user writes.
logging.getLogger("pygls").setLevel(logging.WARNING)

Route = Callable[[Any], Awaitable[object]]
Notice = Callable[[Any], None]
Write = Callable[[bytes], None]
_Message = Mapping[str, Any]

_VERSION: Final = "2.0"
# Notifications and requests with this beginning may be ignored, and most clients send some.
_OPTIONAL: Final = "$/"


class _Stage(Enum):
    """How far the conversation is."""

    SILENT = auto()
    RUNNING = auto()
    SHUT_DOWN = auto()


class _MalformedError(Exception):
    """What came has not the shape that the protocol gives it.  Its text names no values, for they may be the user's."""


class Wire(JsonRPCProtocol):
    """One client's connection.

    ``routes`` answer requests, each in a task of its own; ``notices`` take notifications, at once and in order.  Both
    get parameters as lsprotocol types them, or as plain JSON for methods that the protocol does not know.  The
    ``exit`` notification and cancelling are dealt with here.
    """

    def __init__(self, routes: Mapping[str, Route], notices: Mapping[str, Notice]) -> None:
        super().__init__(JsonRPCServer(JsonRPCProtocol, _converter), _converter())
        self._routes = routes
        self._notices = notices
        self._write: Write | None = None
        self._stage = _Stage.SILENT
        self._gone = False
        self.ledger: Final = Ledger()
        self.exited = False

    @property
    def exit_status(self) -> int:
        """The status with which the process should end, once it does."""
        return 0 if self._stage is _Stage.SHUT_DOWN else 1

    def connect(self, write: Write) -> None:
        """Says where messages go.  ``write`` must not block."""
        self._write = write

    def abandon(self) -> None:
        """The client is gone: nobody waits for its answers any more, nor it for ours."""
        self._gone = True
        futures = list(self._request_futures.values())
        self._request_futures.clear()
        for future in futures:
            future.cancel()
        self.ledger.cancel_all("The connection has ended.")

    async def request(self, method: str, params: object = None) -> Any:
        """Asks the client.  Whoever stops waiting has the request cancelled.

        Raises:
            RequestError: the client answered with an error, or with something that is no answer.
        """
        if self._gone:
            raise asyncio.CancelledError
        ident = str(uuid.uuid4())
        try:
            return await self.send_request_async(method, params, ident)
        except asyncio.CancelledError:
            if ident in self._request_futures:
                self.notify(types.CANCEL_REQUEST, types.CancelParams(id=ident))
            raise
        finally:
            self._request_futures.pop(ident, None)
            self._result_types.pop(ident, None)

    def receive(self, body: bytes) -> None:
        """Takes one message in.  Never raises: what is wrong with it is answered or logged."""
        try:
            message: object = json.loads(body.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            _log.error("a message is not JSON: %s", type(error).__name__)
            self._fail(None, RequestError(ErrorCodes.ParseError, "The message is not JSON."))
            return
        if isinstance(message, dict):
            self._dispatch(cast("_Message", message))
        else:
            self._refuse(None)

    def get_message_type(self, method: str) -> type[Any] | None:
        return types.METHOD_TO_TYPES.get(method, (None,))[0]

    def get_result_type(self, method: str) -> type[Any] | None:
        return types.METHOD_TO_TYPES.get(method, (None, None))[1]

    def _dispatch(self, message: _Message) -> None:
        method, ident = message.get("method"), message.get("id")
        if message.get("jsonrpc") != _VERSION or not isinstance(method, str | None):
            self._refuse(ident if "method" in message else None)
        elif method is None:
            self._take_answer(ident, message)
        elif "id" not in message:
            self._handle_notice(method, message)
        elif not _is_ident(ident):
            self._refuse(None)
        elif ident in self.ledger:
            _log.error("%s has the id of a request that is still open; ignored", method)
        else:
            self._answer_request(ident, method, message)

    def _refuse(self, ident: object) -> None:
        _log.error("a message is not one of JSON-RPC")
        ident = ident if _is_ident(ident) else None
        self._fail(ident, RequestError(ErrorCodes.InvalidRequest, "The message is not one of JSON-RPC 2.0."))

    def _answer_request(self, ident: Ident, method: str, message: _Message) -> None:
        """Finds the work for a request and starts it, or says at once why there is none."""
        try:
            self._check_stage(method)
            route = self._routes.get(method)
            if route is None:
                raise RequestError(ErrorCodes.MethodNotFound, f"{method} is not supported.")
            try:
                params = self._params(method, message)
            except _MalformedError as error:
                _log.error("%s: %s", method, error)
                raise RequestError(
                    ErrorCodes.InvalidParams, f"The parameters of {method} are not as the protocol has them."
                ) from None
        except RequestError as error:
            self._fail(ident, error)
            return
        if method == types.INITIALIZE:
            self._stage = _Stage.RUNNING
        elif method == types.SHUTDOWN:
            self._stage = _Stage.SHUT_DOWN
        self.ledger.start(ident, method, _work(route, params), lambda outcome: self._answer(ident, method, outcome))

    def _check_stage(self, method: str) -> None:
        match self._stage:
            case _Stage.SILENT if method != types.INITIALIZE:
                raise RequestError(ErrorCodes.ServerNotInitialized, f"{method} came before initialize.")
            case _Stage.RUNNING if method == types.INITIALIZE:
                raise RequestError(ErrorCodes.InvalidRequest, "The server is initialized already.")
            case _Stage.SHUT_DOWN:
                raise RequestError(ErrorCodes.InvalidRequest, f"{method} came after shutdown.")
            case _:
                pass

    def _handle_notice(self, method: str, message: _Message) -> None:
        if method == types.EXIT:
            self.exited = True
            return
        if self._stage is not _Stage.RUNNING and method != types.CANCEL_REQUEST:
            return
        notice = self._cancel if method == types.CANCEL_REQUEST else self._notices.get(method)
        if notice is None:
            if not method.startswith(_OPTIONAL):
                _log.warning("%s is not supported; ignored", method)
            return
        try:
            notice(self._params(method, message))
        except _MalformedError as error:
            _log.error("%s: %s", method, error)
        # Nobody can be answered, and one notification that can't be handled must not end the connection.
        except Exception:
            _log.exception("%s failed", method)

    def _cancel(self, params: Any) -> None:
        self.ledger.cancel(params.id)

    def _params(self, method: str, message: _Message) -> object:
        """The parameters, typed.  Some clients leave them out where all of them are optional."""
        given: object = message.get("params")
        known = types.METHOD_TO_TYPES.get(method)
        if known is None:
            return given
        kind = cast("type[object] | None", known[2])
        return None if kind is None else self._structured({} if given is None else given, kind)

    def _structured(self, value: object, kind: type[Any]) -> Any:
        try:
            return self._converter.structure(value, kind)
        # Whatever a client sends, the converter may fail on it in many ways, and its own text would quote the client's.
        except Exception as error:
            raise _MalformedError(f"not a {kind.__name__} ({type(error).__name__})") from None

    def _take_answer(self, ident: object, message: _Message) -> None:
        """Hands the client's answer to whoever asked; one that nobody waits for any more is dropped."""
        if not _is_ident(ident):
            # An answer to an answer could go on for ever.
            _log.error("the client could not read a message, or sent one of no kind")
            return
        future = self._request_futures.pop(ident, None)
        kind = self._result_types.pop(ident, None)
        if future is None or future.done():
            return
        try:
            # Some clients write both members, and null for the one that says nothing.
            if message.get("error") is not None:
                said: types.ResponseError = self._structured(message["error"], types.ResponseError)
                future.set_exception(RequestError(said.code, said.message))
                return
            response = {"result": None, **message}
            future.set_result(response["result"] if kind is None else self._structured(response, kind).result)
        except _MalformedError as error:
            _log.error("the client's answer is %s", error)
            future.set_exception(
                RequestError(ErrorCodes.InvalidRequest, "The client's answer is not as the protocol has it.")
            )

    def _answer(self, ident: Ident, method: str, outcome: object) -> None:
        if isinstance(outcome, types.ResponseError):
            if method == types.INITIALIZE and self._stage is _Stage.RUNNING:
                self._stage = _Stage.SILENT
            self._send_data({"jsonrpc": _VERSION, "id": ident, "error": outcome})
            return
        try:
            self._send_data({"jsonrpc": _VERSION, "id": ident, "result": outcome})
        # A result that is no JSON is a fault of ours, whatever is wrong with it, and the request still gets its answer.
        except Exception:
            _log.exception("the result of %s can't be sent", method)
            self._fail(ident, fault())

    def _fail(self, ident: Ident | None, error: RequestError) -> None:
        self._send_data({"jsonrpc": _VERSION, "id": ident, "error": error.response()})

    def _send_data(self, data: Any) -> None:
        """Sends one message.  Through here goes also what pygls builds."""
        body = json.dumps(data, default=self._plain, allow_nan=False).encode()
        if self._write is not None:
            self._write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _plain(self, value: object) -> object:
        if hasattr(value, "__attrs_attrs__"):
            return self._converter.unstructure(value)
        raise TypeError(f"{type(value).__name__} is no JSON")


@cache
def _converter() -> Converter:
    """The converter, which is the same for every connection and learns the types as it goes."""
    return default_converter()


def _is_ident(value: object) -> TypeGuard[Ident]:
    return isinstance(value, int | str) and not isinstance(value, bool)


async def _work(route: Route, params: object) -> object:
    """A route's work as a coroutine, whatever kind of function the route is."""
    return await route(params)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
