"""Hides from a sandbox the root key and the token of the embedded AWS, which are in ``state.json``.

It works on Linux, with two namespaces: in the mount namespace an empty folder covers ours; from the user namespace the
sandbox cannot look into processes outside it, whose memory and environment have the same keys. Where the system allows
no such namespaces (many containers, some distributions, macOS), there is no fence. It hides nothing else: a handler has
the rights of its user.

Used by the scripts beside it, and imports nothing of local_aws.
"""

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing is slow to import
    from collections.abc import Iterable

__all__ = ["enter", "plan"]

# linux/sched.h, linux/mount.h, linux/prctl.h, linux/capability.h
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_SLAVE = 2, 4, 4096, 16384, 1 << 19
PR_CAPBSET_DROP = 24
CAPABILITY_VERSION = 0x20080522
ALL_CAPABILITIES = range(64)
# The capabilities with which root could get past the fence: open by handle, load code into the kernel, raw disks, look
# into other processes, undo mounts, make devices, trace the kernel.
BYPASSES = (2, 16, 17, 19, 21, 27, 38, 39, 40)


def plan(hide: "Iterable[str]", keep: "Iterable[str]") -> str:
    """Return the argument of ``enter``, for a command line: folders to hide, and paths in them to keep."""
    return json.dumps([[*hide], [*keep]])


def enter(text: str) -> bool:
    """Put this process behind the fence of a ``plan``, for good. It must have one thread only.

    Returns False, and changes nothing, if the system allows no fence or nothing is to be hidden.
    """
    hide, keep = json.loads(text) if text else ([], [])
    if not hide or sys.platform != "linux" or not _can(hide, keep):
        return False
    _enter(hide, keep)
    return True


def _can(hide: "list[str]", keep: "list[str]") -> bool:
    """Return whether ``_enter`` works, tried in a child process, because on some systems it fails half-way."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _enter(hide, keep)
            status = 0
        finally:
            os.closerange(0, 3)  # so that no traceback is printed
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _enter(hide: "list[str]", keep: "list[str]") -> None:
    """Enter the namespaces and hide the folders. Raises OSError or ImportError, perhaps half-way."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(function: str, *arguments: object) -> None:
        if getattr(libc, function)(*arguments):
            raise OSError(ctypes.get_errno(), function)

    def mount(source: str, target: str, kind: "bytes | None", flags: int, data: "bytes | None" = None) -> None:
        call("mount", os.fsencode(source), os.fsencode(target), kind, ctypes.c_ulong(flags), data)

    user, group = os.geteuid(), os.getegid()
    if user == 0:  # root stays in its user namespace: in another one it would lose its rights to other users' files
        call("unshare", CLONE_NEWNS)
        mount("none", "/", None, MS_SLAVE | MS_REC)
    else:
        call("unshare", CLONE_NEWNS | CLONE_NEWUSER)
        for file, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            _write(f"/proc/self/{file}", text)
    kept = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC), os.path.isdir(path)) for path in keep]  # noqa: PTH112
    here = os.getcwd()  # noqa: PTH109
    for folder in filter(os.path.isdir, hide):
        mount("none", folder, b"tmpfs", MS_NOSUID | MS_NODEV, b"size=64k,mode=0700")
    for path, descriptor, is_folder in kept:
        os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        if not is_folder:
            _write(path, "")
        mount(f"/proc/self/fd/{descriptor}", path, None, MS_BIND)
        os.close(descriptor)
    os.chdir(here)  # by its name: from the folder that we were in, ``..`` would lead to what is hidden
    lost = BYPASSES if user == 0 else ALL_CAPABILITIES
    for capability in lost:
        libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)  # the kernel may not know all of them
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then their upper halves
    call("capget", header, sets)
    for capability in lost:
        for each in range(3):
            sets[capability // 32 * 3 + each] &= ~(1 << capability % 32)
    call("capset", header, sets)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123  # importing pathlib takes longer than all of this
        file.write(text)
