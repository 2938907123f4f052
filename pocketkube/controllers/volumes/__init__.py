"""Claims, the volumes that they are bound to, and where those come from.

Sources: https://kubernetes.io/docs/concepts/storage/persistent-volumes/ and
k8s.io/kubernetes/pkg/controller/volume
"""

from pocketkube.controllers.volumes.binder import PersistentVolumeController
from pocketkube.controllers.volumes.ephemeral import EphemeralVolumeController
from pocketkube.controllers.volumes.local_path import LocalPathProvisioner
from pocketkube.controllers.volumes.protection import ProtectionController

__all__ = ["EphemeralVolumeController", "LocalPathProvisioner", "PersistentVolumeController", "ProtectionController"]
