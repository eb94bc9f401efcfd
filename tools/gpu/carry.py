"""What travels to the machine with the GPU: programs that were built elsewhere, and archives of libraries."""

import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

from . import stages

HASHES, BINARIES, VENDORED = "hashes.txt", "binaries.tar.xz", "vendored.tar.gz"  # in the folder of --prepare


def unpack_libraries(archive, work):
    """The folder of an archive of tools/vendor_sources, or of a folder that is unpacked already."""
    if archive.is_dir():
        return archive
    with tarfile.open(archive) as tar:
        tar.extractall(work)  # ours
    return work / "vendored"


def library_path(binaries):
    """LD_LIBRARY_PATH of programs that were brought along."""
    return f"{binaries / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}"


def can_run(binaries):
    """Whether programs that were brought along run on this machine's GPU."""
    test = binaries / "tests" / "kernels_test"
    if not test.exists():
        return False
    try:
        done = subprocess.run([test, "--gtest_filter=Kernels_CUDA.add"], capture_output=True, text=True, timeout=60,
                              check=False, env={**os.environ, "LD_LIBRARY_PATH": library_path(binaries)})  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and "[  PASSED  ] 1 test" in done.stdout


def pack_binaries(build, folder, archive):
    """Packs the programs and what they load that another machine may lack, without their symbols. Each holds all kernels:
    the archive's window is larger than a program, so that they take room once."""
    shutil.rmtree(folder, ignore_errors=True)
    libraries = set()
    for name in stages.BINARIES:
        place = pathlib.Path("tests" if name.endswith("_test") else "apps") / name
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["strip", "-o", folder / place, build / place], check=True)
        loaded = subprocess.run(["ldd", build / place], capture_output=True, text=True, check=True).stdout
        libraries |= set(re.findall(r"lib(?:hwy|fmt|z|jpeg|spng|webp|sharpyuv)\S* => (\S+)", loaded))
    (folder / "lib").mkdir()
    for library in libraries:
        shutil.copy(library, folder / "lib")
    window = [{"id": lzma.FILTER_LZMA2, "preset": 2, "dict_size": 128 << 20}]
    with lzma.open(archive, "w", filters=window) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(folder, "binaries")


def unpack_binaries(prepared, work):
    """The folder of the programs that were brought along; it may not be there."""
    archive = prepared.resolve() / BINARIES
    folder = work / "binaries"
    if archive.exists() and not (folder / "lib").exists():
        with tarfile.open(archive) as tar:
            tar.extractall(work)  # ours
    return folder
