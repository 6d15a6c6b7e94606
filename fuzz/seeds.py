#!/usr/bin/env python3
"""Writes what a fuzz target starts from: the small texts that ship, and images made here.

usage: seeds.py TARGET FOLDER
"""

import gzip
import pathlib
import struct
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LARGEST = 6000  # bytes; larger texts are slow, and say little that small ones do not


def texts(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.toml")):
            if path.name != "expected.toml" and path.stat().st_size <= LARGEST:
                yield str(path.relative_to(ROOT)).replace("/", "_"), path.read_bytes()


def models():
    for name, text in texts("models"):
        # A model's id is the name of its file, and here that is always the same.
        lines = [b'id = "fuzzed"' if line.startswith(b"id =") else line for line in text.split(b"\n")]
        yield name, b"\n".join(lines)


def studies():
    for name, text in texts("params/studies", "papers"):
        if b"[[study]]" not in text:
            yield name, text


def nifti(size, datatype, bits, voxels):
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *size, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, datatype, bits)
    struct.pack_into("<4f", header, 76, 1, 1, 2, 3)
    struct.pack_into("<3f", header, 108, 352, 0.5, -10)
    struct.pack_into("<h", header, 252, 1)
    header[123] = 2
    header[344:348] = b"n+1\0"
    return bytes(header) + voxels


def images():
    voxels = bytes(range(24))
    shape = (2, 3, 4)
    meta = ("NDims = 3\nDimSize = 2 3 4\nElementSpacing = 1 1 1\nOffset = 0 0 0\n"
            "TransformMatrix = 0 1 0 -1 0 0 0 0 1\nElementType = MET_UCHAR\n")
    nrrd = ("NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 3 4\n"
            "space directions: (0,2,0) (-3,0,0) (0,0,4)\nspace origin: (5,6,7)\nkinds: domain domain domain\n")
    packed = zlib.compress(voxels)
    yield "nii", b"\0" + nifti(shape, 2, 8, voxels)
    yield "nii_short", b"\0" + nifti(shape, 4, 16, voxels * 2)
    yield "nii_gz", b"\1" + gzip.compress(nifti(shape, 2, 8, voxels))
    yield "mha", b"\2" + (meta + "ElementDataFile = LOCAL\n").encode() + voxels
    yield "mha_packed", b"\2" + (f"CompressedData = True\nCompressedDataSize = {len(packed)}\n{meta}"
                                 "ElementDataFile = LOCAL\n").encode() + packed
    yield "mhd", b"\3" + (meta + "ElementDataFile = voxels.raw\n").encode()
    yield "nrrd", b"\4" + (nrrd + "encoding: raw\n\n").encode() + voxels
    yield "nrrd_packed", b"\4" + (nrrd + "encoding: gzip\n\n").encode() + gzip.compress(voxels)
    yield "nhdr", b"\5" + (nrrd + "key:=value\n# comment\nencoding: raw\ndata file: voxels.raw\n").encode()


def tables():
    for path in sorted((ROOT / "params/patients").glob("*.csv")):
        yield path.name, b"0" + b"\n".join(path.read_bytes().split(b"\n")[:20])
    for path in sorted((ROOT / "papers/calibration").rglob("*.toml")):
        if b"[[study]]" in path.read_bytes():
            yield path.name, b"1" + path.read_bytes()[:LARGEST]


SEEDS = {"model_text": models, "study_text": studies, "image": images, "tables": tables}

if __name__ == "__main__":
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, seed in SEEDS.get(target, lambda: [])():
        (folder / name).write_bytes(seed)
    for path in (ROOT / "fuzz/corpus" / target).glob("*"):
        (folder / path.name).write_bytes(path.read_bytes())
