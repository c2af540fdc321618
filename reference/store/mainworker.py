"""The main worker, put together: what it keeps, what it decides, and what it tells the processing workers."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reference.common import problems, web
from reference.common.securitylog import SecurityLog
from reference.store import journal, rotation, sealedfiles
from reference.store.access import Access
from reference.store.apikeys import ApiKeys
from reference.store.condition import Condition
from reference.store.contents import Contents
from reference.store.decider import Decider
from reference.store.grants import Grants
from reference.store.index import Index
from reference.store.keyring import KeyRing
from reference.store.metrics import Metrics, merged
from reference.store.roster import Attached, Roster
from reference.store.sealedfiles import DRAFT, SUFFIX, SealedFiles, make_private_folder
from reference.store.settings import MAIN, Settings, Surroundings
from reference.store.subscriptions import Subscriptions
from reference.store.vault import LostKeys, Vault, WrongMaster
from reference.store.wire import News, Task

NO_KEYS = "key-unavailable"


@dataclass
class Parts:
    """The parts of the main worker, each of which knows one thing."""

    settings: Settings
    https: bool
    log: SecurityLog
    vault: Vault
    index: Index
    keys: KeyRing
    grants: Grants
    api_keys: ApiKeys
    access: Access
    decider: Decider
    subscriptions: Subscriptions
    roster: Roster
    rotation: rotation.Rotation
    condition: Condition
    files: SealedFiles
    metrics: Metrics

    async def counters(self) -> bytes:
        """The counters of every process, as one text."""
        workers = self.roster.workers()
        texts = await asyncio.gather(*(one.caller.metrics() for one in workers))
        told = {short(one.worker_id): text for one, text in zip(workers, texts, strict=True)}
        return merged({short(MAIN): self.metrics.text(), **told})

    async def admit(self, task: Task) -> None:
        """Raises a problem where whoever asks may not do this."""
        try:
            self.access.authorise(task.token, task.operation, task.schema)
        except problems.Problem as problem:
            self.metrics.requests.labels(task.operation, problem.name).inc()
            raise


def assemble(surroundings: Surroundings) -> Parts:
    """Puts the parts together, reads what there is, and says so where the keys to it are not there."""
    make_private_folder(surroundings.state)
    log = SecurityLog(surroundings.security_log, "store")
    vault = Vault(surroundings.master_key, surroundings.state)
    opened = open_vault(vault, log, lambda: is_begun(surroundings.shared))
    index = Index(surroundings.shared, surroundings.state, vault.index_keys(), log)
    if opened:
        index.load()
    else:
        index.refusal = NO_KEYS

    def contents() -> Contents:
        return index.contents

    settings = surroundings.settings
    keys = KeyRing(vault, surroundings.state, contents, log)
    grants = Grants(surroundings.state, log)
    api_keys = ApiKeys(surroundings.state, log)
    access = Access(surroundings.admin_key_hash, api_keys, grants, settings, log)
    decider = Decider(index, keys, grants, access, vault.name_key(), settings, log)
    decider.begin()
    roster = Roster(decider)
    parts = Parts(
        settings=settings,
        https=surroundings.https,
        log=log,
        vault=vault,
        index=index,
        keys=keys,
        grants=grants,
        api_keys=api_keys,
        access=access,
        decider=decider,
        subscriptions=Subscriptions(access, grants, keys, contents, index, log),
        roster=roster,
        rotation=rotation.Rotation(decider, roster, access, surroundings.state, log, reseal),
        condition=Condition(index, roster, answers),
        files=SealedFiles(surroundings.shared),
        metrics=Metrics(),
    )
    connect(parts)
    enrol(parts, surroundings)
    return parts


def short(name: str) -> str:
    """What a process is called where all are of the store."""
    return name.removeprefix("store-")


def is_begun(shared: Path) -> bool:
    """Whether a directory has anything of a store, whoever's keys it is under; also where that cannot be seen."""
    try:
        os.listdir(shared)
        return any(os.path.isdir(folder) and os.listdir(folder) for folder in _of_store(shared))
    except OSError:
        return True


def _of_store(shared: Path) -> tuple[Path, ...]:
    return shared / journal.FOLDER, shared / sealedfiles.FOLDER


def open_vault(vault: Vault, log: SecurityLog, begun: Callable[[], bool]) -> bool:
    """Opens the vault; where the master key is another, or the keys are gone, the logs say so, with what is known of it."""
    try:
        vault.open(begun)
    except LostKeys:
        log.failure("key.unavailable", "state-missing")
        web.log_notice(
            "the state of the store has no keys, and the shared directory holds something or cannot be read; nothing is "
            "served until the state is restored from a backup, or the directory is there, and the store is started again"
        )
        return False
    except WrongMaster:
        log.failure("key.wrong-master", f"fingerprint-{vault.fingerprint}")
        web.log_notice(
            f"the store was begun with another master key than that of fingerprint {vault.fingerprint}; "
            "nothing is served until it is started with that one"
        )
        return False
    return True


def enrol(parts: Parts, surroundings: Surroundings) -> None:
    """Enrols the store's own processing workers at its first start, with a grant of every schema."""
    if parts.grants.is_new:
        for worker_id in surroundings.worker_ports:
            parts.grants.enrol(worker_id, every=True)


def connect(parts: Parts) -> None:
    """Has the parts hear of each other what they must."""

    def ended(worker_id: str, schemas: list[str]) -> None:
        end_grants(parts, worker_id, schemas)

    def destroyed(key_ids: list[str]) -> None:
        parts.roster.tell_all(News(forget_keys=key_ids))

    def gone(entities: list[tuple[str, str]]) -> None:
        if entities:
            parts.roster.tell_all(News(drop=entities))

    parts.decider.on_gone = gone
    parts.grants.on_ended = ended
    parts.keys.on_destroyed = destroyed


def end_grants(parts: Parts, worker_id: str, schemas: list[str]) -> None:
    """What a worker had the keys of is sealed under others from now on, and the worker is to forget them."""
    parts.index.check_keys()
    had_key = [schema for schema in schemas if schema in parts.keys.schemas()]
    parts.keys.replace(had_key)
    attached = parts.roster.get(worker_id)
    if attached is not None:
        attached.news.put_nowait(News(forget_schemas=had_key))


async def reseal(worker: Attached, token: str, schema: str, key: str) -> None:
    """Has a worker seal an entity again."""
    await worker.caller.reseal(token, schema, key)


async def answers(worker: Attached) -> bool:
    """Whether a worker answers, which is noted of it."""
    answered = bool(await worker.caller.metrics())
    if answered:
        worker.hear()
    return answered


async def remove_leftovers(parts: Parts) -> None:
    """Takes away what nobody needs: files that the index does not name and nobody is writing."""
    if parts.index.refusal is not None or not parts.index.is_sound():
        return
    found = await asyncio.to_thread(parts.files.names)
    needed = parts.index.contents.files() | parts.decider.leases.reserved_files()
    for name in found:
        if file_of(name) not in needed or (name.endswith(DRAFT) and is_left(parts, name)):
            await asyncio.to_thread(parts.files.remove, name)


def is_left(parts: Parts, draft: str) -> bool:
    """Whether nobody is writing a draft any more."""
    return file_of(draft) not in parts.decider.leases.reserved_files()


def file_of(name: str) -> str:
    """The file that a draft was to become, or the file itself."""
    return name.partition(SUFFIX)[0] + SUFFIX
