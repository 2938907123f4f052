"""What a write must pass: decoding, defaults, validation, allocation of addresses and ports."""

from pocketkube.admission.allocation import allocate
from pocketkube.admission.decoding import decode
from pocketkube.admission.defaults import default
from pocketkube.admission.validation import read_warnings, validate_create, validate_update, warnings

__all__ = ["allocate", "decode", "default", "read_warnings", "validate_create", "validate_update", "warnings"]
