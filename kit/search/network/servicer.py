"""The calls that workers make, each checked before and caught after."""

import functools
from collections.abc import Callable
from typing import Any

import grpc
from keras_tuner.src import protos
from keras_tuner.src.distribute.oracle_chief import OracleServicer

from kit import progress
from kit.search.network.guarded import Caller, Refused, caller, end_request, update_request
from kit.search.network.roster import Roster

__all__ = ["Servicer"]


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method take its request and caller; nothing that it raises ends more than the call."""

    @functools.wraps(method)
    def answer(self: "Servicer", request: Any, context: grpc.ServicerContext) -> Any:
        try:
            with self.roster.lock:
                who = caller(context)
                self.roster.seen(who)
                if not context.is_active():  # the caller gave up, and has perhaps asked again
                    raise Refused(grpc.StatusCode.CANCELLED, "the call came too late")
                return method(self, request, who, context)
        except Refused as error:
            refused = error
        except OSError as error:
            self.broken = error
            refused = Refused(grpc.StatusCode.UNAVAILABLE, "the chief cannot write")
        except Exception as error:  # a bug here must not end the work of all machines
            progress.say(f"{method.__name__} failed: {type(error).__name__}: {error}")
            refused = Refused(grpc.StatusCode.INTERNAL, type(error).__name__)
        return context.abort(refused.code, refused.text)

    return answer


class Servicer(OracleServicer):
    """keras-tuner's, with each call checked before and every error caught after.

    Attributes:
        broken: What kept the oracle from writing.
    """

    def __init__(self, roster: Roster) -> None:
        super().__init__(roster.oracle)
        self.roster = roster
        self.broken: OSError | None = None

    @_guarded
    def CreateTrial(self, request: Any, who: Caller, context: Any) -> Any:  # noqa: N802
        """Give out a job."""
        if request.tuner_id != who.name:
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "this name is another's")
        self.roster.check(who)
        response = super().CreateTrial(request, context)
        statuses, status = protos.get_proto().TrialStatus, response.trial.status
        if status == statuses.STOPPED:
            self.roster.tell(who.name)
        else:
            given = response.trial.trial_id if status == statuses.RUNNING else None
            self.roster.assign(who, given)
        return response

    @_guarded
    def UpdateTrial(self, request: Any, who: Caller, context: Any) -> Any:  # noqa: N802
        """Take the row of an epoch."""
        checked = update_request(request)
        self.roster.owner(who, request.trial_id)
        response = super().UpdateTrial(checked, context)
        response.trial.ClearField("metrics")  # all rows so far, which the worker has sent itself
        return response

    @_guarded
    def EndTrial(self, request: Any, who: Caller, context: Any) -> Any:  # noqa: N802
        """Take the end of a job."""
        checked = end_request(request)
        member = self.roster.owner(who, request.trial.trial_id)
        response = super().EndTrial(checked, context)
        member.trial, member.ended = None, member.ended + 1
        return response

    @_guarded
    def GetTrial(self, request: Any, who: Caller, context: Any) -> Any:  # noqa: N802
        """Tell a worker that calls in whether its trial is still its own."""
        if request.trial_id:
            self.roster.owner(who, request.trial_id)
        return protos.get_service().GetTrialResponse()

    @_guarded
    def GetSpace(self, request: Any, who: Caller, context: Any) -> Any:  # noqa: N802
        """Return the ranges."""
        return super().GetSpace(request, context)

    @_guarded
    def UpdateSpace(self, request: Any, who: Caller, context: Any) -> Any:  # noqa: N802
        """Refuse: the ranges are the chief's."""
        raise Refused(grpc.StatusCode.PERMISSION_DENIED, "workers do not change the ranges")

    @_guarded
    def GetBestTrials(self, request: Any, who: Caller, context: Any) -> Any:  # noqa: N802
        """Refuse: results are read where the chief is."""
        raise Refused(grpc.StatusCode.PERMISSION_DENIED, "the results are in the chief's folder")
