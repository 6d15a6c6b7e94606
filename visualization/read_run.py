#!/usr/bin/python3
"""Reads a Howship run folder with nothing but Python and VTK (Debian: python3-vtk9) and says what is in it.

    /usr/bin/python3 visualization/read_run.py out/demo

It is a place to start your own analysis from: read_frame() gives every field of a frame as an array over voxels.
"""
import csv
import json
import pathlib
import sys
import xml.etree.ElementTree

try:
    from vtkmodules.vtkIOXML import vtkXMLImageDataReader, vtkXMLPImageDataReader
except ImportError:
    sys.exit("read_run.py needs VTK for Python: apt install python3-vtk9, and run it with /usr/bin/python3")


def frames(arm_folder):
    """[(day, path of the .vti, or of the .pvti of a run under mpirun)] of one arm; empty for a 0-D study."""
    index = arm_folder / "frames.pvd"
    if not index.exists():
        return []
    entries = xml.etree.ElementTree.parse(index).getroot().iter("DataSet")
    return sorted((float(entry.get("timestep")), arm_folder / entry.get("file")) for entry in entries)


def read_frame(path):
    """A vtkImageData with one value per voxel in its cell data (BMD in mg/cm^3, tumour, region, ...)."""
    reader = vtkXMLPImageDataReader() if path.suffix == ".pvti" else vtkXMLImageDataReader()
    if not reader.CanReadFile(str(path)):
        sys.exit(f"error: '{path}' is damaged or not a VTK image")
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


def time_series(path):
    """{column with its unit: [values]} of timeseries.csv."""
    with open(path, newline="", encoding="utf-8") as table:
        rows = list(csv.reader(table))
    return {name: [float(row[i]) for row in rows[1:]] for i, name in enumerate(rows[0])}


def describe(folder):
    manifest = folder / "run.json"
    if not manifest.exists():
        sys.exit(f"error: '{folder}' is not a run folder: it has no run.json")
    run = json.loads(manifest.read_text(encoding="utf-8"))
    print(f"{run['study']['title']} ({run['status']})")
    units = {field["name"]: field["unit"] for field in run.get("fields", [])}
    for arm in run["arms"]:
        arm_folder = folder / arm["folder"]
        print(f"\narm {arm['id']}")
        table = arm_folder / "timeseries.csv"
        if table.exists():
            series = time_series(table)
            print(f"  timeseries.csv: {len(next(iter(series.values())))} rows, {len(series) - 1} columns")
        for day, path in frames(arm_folder):
            image = read_frame(path)
            size = " x ".join(str(n - 1) for n in image.GetDimensions())
            print(f"  day {day:g}: {path.name}, {size} voxels of {'x'.join(f'{s:g}' for s in image.GetSpacing())} mm")
            cells = image.GetCellData()
            for i in range(cells.GetNumberOfArrays()):
                array = cells.GetArray(i)
                low, high = array.GetRange()
                name = array.GetName()
                print(f"    {name:<12} {low:.6g} to {high:.6g} {units.get(name, '')}".rstrip())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: read_run.py DIR")
    describe(pathlib.Path(sys.argv[1]))
