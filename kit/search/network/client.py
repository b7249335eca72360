"""A worker's line to the chief of its search, which may be on another machine."""

import threading
import uuid
from collections.abc import Mapping
from typing import Any

import grpc
import keras_tuner
from keras_tuner.engine.trial import Trial
from keras_tuner.src import protos

from kit import progress
from kit.errors import KitError
from kit.search.network.chief_address import check_name, check_token, read_address
from kit.search.network.guarded import OPTIONS, Caller, metadata
from kit.search.network.patience import Lost, Tries

__all__ = ["Client", "Lost"]

CALL_IN = 10.0  # seconds
PATIENCE = 600.0  # seconds without a chief
ANSWER = 30.0  # seconds that one call may take
CHANNEL = (
    *OPTIONS,
    ("grpc.enable_http_proxy", 0),  # the chief is not behind the proxy of the internet
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),  # else up to two minutes after a chief is back
)


class Client:
    """Asks the chief for jobs and reports to it, as if it were the oracle.

    As long as it is open it calls the chief every ten seconds from a thread of its own. A chief
    that is gone is waited for. Close it, or use it in a ``with`` statement.

    Args:
        address: ``HOST:PORT`` of the chief.
        name: Of this worker; no two have the same.
        token: What the chief knows, too.
        every: Seconds between two calls of the thread.
        patience: Seconds for which a chief that does not answer is waited for.

    Raises:
        SettingError: One of them cannot be used.
    """

    def __init__(
        self,
        address: str,
        name: str,
        token: str | None,
        *,
        every: float = CALL_IN,
        patience: float = PATIENCE,
    ) -> None:
        host, port = read_address(address)
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.name, self._patience = check_name(name), patience
        who = Caller(self.name, uuid.uuid4().hex)
        self._metadata = metadata(check_token(token), who)
        self._channel = grpc.insecure_channel(self.address, options=CHANNEL)
        self._stub = protos.get_service_grpc().OracleStub(self._channel)
        self._job = 0  # counts jobs: one trial may be ours twice
        self._trial = ""
        self._lost = 0  # the job that is no longer ours
        self._over: KitError | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._call_in, args=(every,), daemon=True)
        self._thread.start()

    def __enter__(self) -> "Client":
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End the thread and the connection."""
        self._closed.set()
        self._thread.join(1.0)
        self._channel.close()

    def create_trial(self, tuner_id: str) -> Trial:
        """Return the next job; the same one again while it is not ended.

        Raises:
            KitError: The chief is gone for too long.
            SettingError: It refuses this worker.
        """
        request = protos.get_service().CreateTrialRequest(tuner_id=tuner_id)
        trial = Trial.from_proto(self._ask("CreateTrial", request).trial)
        self._trial = trial.trial_id if trial.status == "RUNNING" else ""
        self._job += 1
        return trial

    def update_trial(self, trial_id: str, metrics: Mapping[str, float], step: int = 0) -> Trial:
        """Report the row of an epoch; returns the trial without its rows.

        Raises:
            Lost: The trial is no longer this worker's; ask for another job.
            KitError: The chief is gone for too long.
            SettingError: It refuses this worker.
        """
        if self._lost == self._job:
            raise Lost(f"trial {trial_id} is no longer this worker's")
        request = protos.get_service().UpdateTrialRequest(
            trial_id=trial_id, metrics=dict(metrics), step=step
        )
        return Trial.from_proto(self._ask("UpdateTrial", request).trial)

    def end_trial(self, trial: Trial) -> None:
        """Report the end of a job; without effect where the trial is no longer ours.

        Raises:
            KitError: The chief is gone for too long.
            SettingError: It refuses this worker.
        """
        request = protos.get_service().EndTrialRequest()
        request.trial.trial_id = trial.trial_id
        request.trial.status = protos.get_proto().TrialStatus.Value(trial.status)
        reason = trial.hyperparameters.values.get("tuner/reason")
        if reason is not None:
            values = request.trial.hyperparameters.values.values
            values["tuner/reason"].string_value = str(reason)[:1000]
        try:
            self._ask("EndTrial", request)
        except Lost:
            progress.say(
                f"Trial {trial.trial_id} is no longer this worker's: the chief did not hear of it, "
                f"or began anew. Going on with another job."
            )
        self._trial = ""

    def get_space(self) -> keras_tuner.HyperParameters:
        """Return the ranges.

        Raises:
            KitError: The chief is gone for too long.
            SettingError: It refuses this worker.
        """
        response = self._ask("GetSpace", protos.get_service().GetSpaceRequest())
        return keras_tuner.HyperParameters.from_proto(response.hyperparameters)

    def _ask(self, method: str, request: Any) -> Any:
        """Call the chief until it answers."""
        if self._over is not None:  # waited for long enough, in a call before
            raise self._over
        tries = Tries(self.address, self.name, self._patience)
        while True:
            try:
                answer = getattr(self._stub, method)(
                    request, metadata=self._metadata, timeout=ANSWER
                )
            except grpc.RpcError as error:
                try:
                    tries.failed(error.code(), progress.clean(error.details() or ""))
                except KitError as over:
                    self._over = over
                    raise
            else:
                tries.answered()
                return answer

    def _call_in(self, every: float) -> None:
        service = protos.get_service()
        while not self._closed.wait(every):
            job, trial = self._job, self._trial
            try:
                self._stub.GetTrial(
                    service.GetTrialRequest(trial_id=trial), metadata=self._metadata, timeout=every
                )
            except grpc.RpcError as error:  # who works will find out; this one only calls
                if trial and error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                    self._lost = job
            except ValueError:  # closed
                return
