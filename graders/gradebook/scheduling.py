"""Which worker gets which checks: those of a submission go together.

pytest-xdist's own `loadgroup` does not see groups with pytest 9.2.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController


class LoadSubmissionScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist is not typed
    """Units of work are submissions, named by the parameter in a node id: `test_x[STUDENT]`."""

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """A unit that is done is forgotten: kept ones would make every later test slower."""
        super().mark_test_complete(node, item_index, duration)
        unit = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][unit].values()):
            del self.assigned_work[node][unit]

    def remove_node(self, node: WorkerController) -> str | None:
        """Of a worker that died, all but the submission that it was at goes to others."""
        units = self.assigned_work[node]
        if not units:
            super().remove_node(node)
            return None
        unit = units.pop(next(iter(units)))
        super().remove_node(node)
        return next(str(test) for test, done in unit.items() if not done)

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.rpartition("[")[2]
