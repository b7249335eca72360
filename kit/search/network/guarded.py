"""What the chief of a search lets in: callers that know the token, messages within limits."""

import hmac
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from keras_tuner.src import protos

from kit.progress import clean
from kit.search.network.chief_address import is_name

__all__ = ["OPTIONS", "Caller", "Guard", "Refused", "caller", "end_request", "metadata",
           "update_request"]  # fmt: skip

TOKEN_KEY, NAME_KEY, SESSION_KEY = "kit-search-token", "kit-search-worker", "kit-search-session"
MESSAGE = 1 << 20  # bytes
METRICS, NAME_LENGTH, STEPS, REASON = 64, 100, 1_000_000, 1_000
LARGEST = 3.4028235677973366e38  # from here numbers are infinite in single precision
OPTIONS = (  # of both ends
    ("grpc.max_receive_message_length", MESSAGE),
    ("grpc.max_send_message_length", MESSAGE),
    ("grpc.keepalive_time_ms", 30_000),  # or a machine that is gone is noticed after 15 minutes
    ("grpc.keepalive_timeout_ms", 10_000),
)


@dataclass(frozen=True)
class Caller:
    """Who is asking.

    Attributes:
        name: Of the worker.
        session: Drawn at its start: two processes of one name are told apart by it.
    """

    name: str
    session: str


class Refused(Exception):  # noqa: N818 - it is an answer
    """A call that has no effect.

    Attributes:
        code: gRPC's status.
        text: What the caller is told.
    """

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Guard(grpc.ServerInterceptor):
    """Ends calls without the token before their message is read, and messages that are none."""

    def __init__(self, token: str) -> None:
        self._token = token.encode("ascii")

    def intercept_service(
        self,
        continuation: Callable[[Any], grpc.RpcMethodHandler | None],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """Return what answers the call."""
        known = _read(details.invocation_metadata)
        if not hmac.compare_digest(known.get(TOKEN_KEY, "").encode(), self._token):
            return _refusal(grpc.StatusCode.UNAUTHENTICATED, "the token is missing or wrong")
        if not (is_name(known.get(NAME_KEY, "")) and is_name(known.get(SESSION_KEY, ""))):
            return _refusal(grpc.StatusCode.INVALID_ARGUMENT, "the worker's name cannot be used")
        handler = continuation(details)
        return None if handler is None else _parsed(handler)


def metadata(token: str, who: Caller) -> tuple[tuple[str, str], ...]:
    """Return what a caller sends beside its message."""
    return (TOKEN_KEY, token), (NAME_KEY, who.name), (SESSION_KEY, who.session)


def caller(context: grpc.ServicerContext) -> Caller:
    """Return who sent a call that :class:`Guard` let through."""
    known = _read(context.invocation_metadata())
    return Caller(known[NAME_KEY], known[SESSION_KEY])


def update_request(request: Any) -> Any:
    """Return a report of one epoch as the oracle may have it.

    Raises:
        Refused: It is beyond the limits.
    """
    if len(request.metrics) > METRICS:
        raise _invalid(f"{len(request.metrics)} metrics, at most {METRICS} are taken")
    for name in request.metrics:
        if not (0 < len(name) <= NAME_LENGTH and name.isprintable()):
            raise _invalid(f"{clean(name[:NAME_LENGTH])!r} is no name of a metric")
    if not 0 <= request.step <= STEPS:
        raise _invalid(f"step {request.step} is not within 0 and {STEPS}")
    metrics = {name: _single(value) for name, value in request.metrics.items()}
    return protos.get_service().UpdateTrialRequest(
        trial_id=request.trial_id, metrics=metrics, step=request.step
    )


def end_request(request: Any) -> Any:
    """Return the report of a trial's end with its status and reason, and nothing else of it.

    Scores, metrics and ranges that a worker sends with it are not taken over.

    Raises:
        Refused: The status is none of an end.
    """
    statuses = protos.get_proto().TrialStatus
    trial = request.trial
    if trial.status not in (statuses.COMPLETED, statuses.FAILED):
        raise _invalid("a trial ends as COMPLETED or FAILED")
    reason = trial.hyperparameters.values.values.get("tuner/reason")
    short = protos.get_proto().Trial(trial_id=trial.trial_id, status=trial.status)
    if reason is not None:
        text = clean(reason.string_value[:REASON])[:REASON]
        short.hyperparameters.values.values["tuner/reason"].string_value = text
    return protos.get_service().EndTrialRequest(trial=short)


def _invalid(text: str) -> Refused:
    return Refused(grpc.StatusCode.INVALID_ARGUMENT, text)


def _single(value: float) -> float:
    """Return what the number is in single precision, in which reports are kept."""
    return math.copysign(math.inf, value) if abs(value) >= LARGEST else value


def _read(sent: Sequence[tuple[str, str | bytes]]) -> dict[str, str]:
    """Return what was sent once; what came twice is not to be trusted."""
    keys = [key for key, _ in sent]
    return {key: value for key, value in sent if isinstance(value, str) and keys.count(key) == 1}


def _refusal(code: grpc.StatusCode, text: str) -> grpc.RpcMethodHandler:
    def refuse(_messages: Any, context: grpc.ServicerContext) -> None:
        context.abort(code, text)

    # As a stream, of which nothing is read: who never sends a message would hold up a thread.
    return grpc.stream_unary_rpc_method_handler(refuse)


def _parsed(handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
    def answer(message: bytes, context: grpc.ServicerContext) -> Any:
        try:
            request = handler.request_deserializer(message)
        except Exception:  # protobuf has several, none of them public
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the message cannot be read")
        return handler.unary_unary(request, context)

    return grpc.unary_unary_rpc_method_handler(
        answer, response_serializer=handler.response_serializer
    )
