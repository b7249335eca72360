"""What a worker does when the chief does not answer, or answers with no."""

import time

import grpc

from kit import progress
from kit.errors import KitError, SettingError
from kit.search.network.chief_address import TOKEN

__all__ = ["Lost", "Tries"]

NAMESAKE = 150.0  # seconds: another worker of this name that was killed is forgotten after 60
PAUSES = (0.5, 1.0, 2.0, 5.0)  # seconds between tries
REMIND = 60.0  # seconds between two lines that say the same
ERRORS = 3  # of the chief itself, for one call
HOPELESS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
)


class Lost(Exception):  # noqa: N818 - nothing is wrong
    """The trial is no longer this worker's: it was not heard of, or the chief began anew."""


class Tries:
    """What to do after each failure of one call, and what to say."""

    def __init__(self, address: str, name: str, patience: float) -> None:
        self._address, self._name, self._patience = address, name, patience
        self._start = time.monotonic()
        self._said = -1.0
        self._count = self._errors = 0

    def answered(self) -> None:
        """Say that the chief is back, where it was said that it is not there."""
        if self._said >= 0:
            progress.say("The chief answers again.")

    def failed(self, code: grpc.StatusCode, details: str) -> None:
        """Wait for the next try, or raise what ends this worker or its job."""
        if code is grpc.StatusCode.FAILED_PRECONDITION:
            self.answered()
            raise Lost(details)
        if code is grpc.StatusCode.UNAUTHENTICATED:
            raise SettingError(
                f"The chief at {self._address} does not know this worker's token. Set {TOKEN} to "
                f"the same text for both."
            )
        self._errors += code is grpc.StatusCode.INTERNAL
        if code in HOPELESS or self._errors >= ERRORS:
            raise KitError(
                f"The chief at {self._address} does not take what this worker sends: {details} "
                f"({code.name}). Is it a chief of the same version of this program?"
            )
        self._wait(code, details)

    def _wait(self, code: grpc.StatusCode, details: str) -> None:
        waited = time.monotonic() - self._start
        taken = code is grpc.StatusCode.ALREADY_EXISTS
        if taken and waited > min(NAMESAKE, self._patience):
            raise SettingError(
                f'Another worker calls itself "{self._name}". Give each its own name: '
                f"KERASTUNER_TUNER_ID."
            )
        if waited > self._patience:
            raise KitError(
                f"The chief at {self._address} has not answered for {waited / 60:.1f} minutes "
                f"({_words(code, details)}). Where its search has ended, all is well. Else see "
                f"that it runs and that this address is right, and start it again with --resume, "
                f"then this worker."
            )
        if self._count >= 2 and (self._said < 0 or waited - self._said > REMIND):
            self._said = waited
            why = f'another worker is called "{self._name}"' if taken else _words(code, details)
            progress.say(f"Waiting for the chief at {self._address}: {why}")
        time.sleep(min(PAUSES[min(self._count, len(PAUSES) - 1)], self._patience / 4))
        self._count += 1


def _words(code: grpc.StatusCode, details: str) -> str:
    if code is grpc.StatusCode.UNAVAILABLE and "DNS" in details:
        return "no machine of this name is known here"
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        return "it does not answer"
    return details or code.name
