"""Keywords that call the store's operations at any of its doors."""

from __future__ import annotations

from robot.api.deco import library

from assay.store.calling import Calling
from assay.store.grpcdoors import GrpcDoors
from assay.store.judging import Judging
from assay.store.places import Places
from assay.store.starting import Starting


@library(scope="GLOBAL", auto_keywords=False)
class StoreLibrary(Calling, Places, Starting, Judging, GrpcDoors):
    """Calls the store's operations at its doors: ``rest``, ``grpc`` (the main worker), ``worker-1`` and so on.

    An operation has one name, whichever door it is called at, and its answer has one form: `body` and `problem` in the
    contract's words, `status` as HTTP has it. Over gRPC `code` is the name of the status besides. So what judges answers of
    `Call` judges these too (`Should Succeed`, `Should Be Refused As`), and two doors can be compared.
    """
