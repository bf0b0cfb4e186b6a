"""What the engine thread does for each of its jobs: a generator of steps, whose value is what the job finishes with."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, field, replace

from rag_core.errors import UserError
from rag_core.host import jobs, packs
from rag_core.host.engines import Engines
from rag_core.host.events import DeviceInfo, NpuState
from rag_core.host.jobs import Job
from rag_core.host.lane import Work
from rag_core.host.moves import Moves
from rag_core.host.shelf import Shelf
from rag_core.host.stages import check_stages
from rag_core.library.library import Library
from rag_core.library.listing import delete_library, rename_library
from rag_core.pack_making import PackMaking
from rag_core.paths import DataDir
from rag_core.progress import CancelToken
from rag_core.runtime.devices import list_devices
from rag_core.types import Answer, AskEvent

StopOthers = Callable[[CancelToken, Callable[[Job], bool]], None]


@dataclass(slots=True)
class EngineWork:
    """`stop_others` is the lane's: ends its other jobs that fit a description, before a library moves or goes. `tell`
    takes what belongs to no job in particular.
    """

    engines: Engines
    making: PackMaking
    shelf: Shelf
    stop_others: StopOthers
    tell: Callable[[object], None]
    _moves: Moves = field(default_factory=Moves)

    def begin(self, job: Job, token: CancelToken) -> Work:
        """The work of a job of the engine's lane; nothing is done before its first step."""
        return self._watched(self._work_of(job, token))

    def _watched(self, work: Work) -> Work:
        """The same steps. Whichever job a device fails in, everybody is told that a stage has moved."""
        try:
            while True:
                try:
                    step = next(work)
                except StopIteration as end:
                    return end.value
                finally:
                    self._tell_moves()
                yield step
        finally:
            work.close()

    def _tell_moves(self) -> None:
        for moved in self._moves.since(self.engines.models):
            self.tell(moved)

    def _work_of(self, job: Job, token: CancelToken) -> Work:
        data_dir = self.engines.data_dir
        match job:
            case jobs.AskQuestion():
                return self._ask(job, token)
            case jobs.AddPaths():
                return self._add(job)
            case jobs.RemovePaths():
                return self._remove(job)
            case jobs.RenameLibrary():
                return self._rename(job, token)
            case jobs.DeleteLibrary():
                return self._delete(job, token)
            case jobs.CheckStages():
                return check_stages(self.engines.models, self.engines.settings, token)
            case jobs.RetryDevices():
                return self._retry_devices(token)
            case jobs.ListDevices():
                return _list_devices(data_dir)
            case jobs.PreparePacks():
                return self._then_reopen(packs.prepare(self.making, data_dir, self.engines.settings))
            case jobs.CheckNpu():
                return self._check_npu()
            case jobs.PrepareNpu():
                return self._then_reopen(packs.prepare_npu(self.making, data_dir, self.engines.settings))
            case jobs.ImportPack():
                return self._then_reopen(packs.import_folder(self.making, data_dir, self.engines.settings, job.folder))
            case jobs.VerifyPack():
                return packs.verify_stepwise(data_dir, job.pack_id)
            case jobs.SaveSettings():
                return self._save_settings(job)
            case jobs.SaveLibrarySettings():
                return self._save_library_settings(job)
        raise TypeError(f"{type(job).__name__} is no job of the engine")

    def _ask(self, job: jobs.AskQuestion, token: CancelToken) -> Generator[AskEvent, None, Answer]:
        with self.engines.reading(job.library) as engine:
            return (yield from engine.ask(job.question, history=job.history, filters=job.filters, cancel=token))

    def _add(self, job: jobs.AddPaths) -> Work:
        with self.engines.writing(job.library) as engine:
            return (yield from engine.add(job.paths, retry=job.retry, reread=job.reread, rebuild=job.rebuild))

    def _remove(self, job: jobs.RemovePaths) -> Work:
        yield from ()
        with self.engines.writing(job.library) as engine:
            return tuple(engine.remove(job.paths))

    def _rename(self, job: jobs.RenameLibrary, token: CancelToken) -> Work:
        yield from ()
        self._let_go(job.library, token)
        return rename_library(self.engines.data_dir, job.library, job.new_name)

    def _delete(self, job: jobs.DeleteLibrary, token: CancelToken) -> Work:
        yield from ()
        self._let_go(job.library, token)
        delete_library(self.engines.data_dir, job.library)
        return None

    def _let_go(self, library: str, token: CancelToken) -> None:
        """End the library's jobs and close its files: it is about to move or go."""
        self.stop_others(token, lambda other: isinstance(other, jobs.LibraryJob) and other.library == library)
        self.engines.close_library(library)
        self.shelf.close_library(library)

    def _check_npu(self) -> Work:
        """Nothing is to be prepared for an NPU that the person does not want to be used."""
        settings = self.engines.settings
        if settings.execution_provider.lower() == "cpu":
            yield from ()
            return NpuState()
        doubtful = [on.stage.role for on in self.engines.models if on.has_failed]
        return (yield from packs.check_npu(self.making, self.engines.data_dir, settings, doubtful))

    def _retry_devices(self, token: CancelToken) -> Work:
        yield from ()
        self._moves.forget()
        self.engines.models.retry_devices()
        return (yield from check_stages(self.engines.models, self.engines.settings, token))

    def _then_reopen(self, work: Work) -> Work:
        """Also when it is stopped or fails: what was finished before that is to be used."""
        try:
            return (yield from work)
        finally:
            self._moves.forget()
            self.engines.models.close()

    def _save_settings(self, job: jobs.SaveSettings) -> Work:
        yield from ()
        job.settings.save(self.engines.data_dir.settings_file)
        self.engines.apply(job.settings)
        return None

    def _save_library_settings(self, job: jobs.SaveLibrarySettings) -> Work:
        yield from ()
        library = Library(self.engines.data_dir, job.library)
        try:
            left_out = library.load_settings().left_out
        except UserError:  # damaged; what is saved takes its place
            left_out = job.settings.left_out
        library.save_settings(replace(job.settings, left_out=left_out))
        self.engines.refresh(job.library)
        return None


def _list_devices(data_dir: DataDir) -> Work:
    yield from ()
    from rag_core.runtime.profile import profile_devices

    return tuple(DeviceInfo(**asdict(profile)) for profile in profile_devices(list_devices(), data_dir.device_file))
