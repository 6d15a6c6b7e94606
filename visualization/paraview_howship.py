"""Opens a Howship run folder in ParaView: every arm beside the other, bone by density, and the tumour's outline.

    pvpython visualization/paraview_howship.py out/demo [picture.png]

In ParaView itself: set the environment variable HOWSHIP_RUN to the folder, then Tools > Python Shell > Run Script.
Play the animation to see the days pass; every object in the pipeline browser can be changed.
"""
import json
import os
import pathlib
import sys

from paraview import simple

TUMOUR_LEVEL = 0.25  # share of the densest growth
GAP = 10.0  # mm between arms


def run_folder():
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOWSHIP_RUN", "")
    folder = pathlib.Path(given)
    if not given or not (folder / "run.json").exists():
        raise SystemExit(f"'{given}' is not a run folder; give one as an argument or in HOWSHIP_RUN")
    return folder.resolve()


def show_arm(view, folder, arm, offset):
    source = simple.PVDReader(FileName=str(folder / arm["folder"] / "frames.pvd"), registrationName=arm["title"])
    source.UpdatePipeline(source.TimestepValues[-1] if len(source.TimestepValues) > 1 else 0.0)
    bounds = source.GetDataInformation().GetBounds()

    bone = simple.Threshold(Input=source, Scalars=["CELLS", "region"], registrationName=f"{arm['title']}: bone")
    bone.ThresholdMethod = "Above Upper Threshold"
    bone.UpperThreshold = 1.0
    half = simple.Clip(Input=bone, ClipType="Plane", registrationName=f"{arm['title']}: cut")
    half.ClipType.Origin = [0.5 * (bounds[0] + bounds[1]), 0.0, 0.0]
    half.ClipType.Normal = [1.0, 0.0, 0.0]
    display = simple.Show(half, view)
    display.Position = [0.0, offset, 0.0]
    simple.ColorBy(display, ("CELLS", "BMD"))

    points = simple.CellDatatoPointData(Input=source, CellDataArraytoprocess=["tumour"], registrationName=f"{arm['title']}: tumour")
    outline = simple.Contour(Input=points, ContourBy=["POINTS", "tumour"], Isosurfaces=[TUMOUR_LEVEL])
    surface = simple.Show(outline, view)
    surface.Position = [0.0, offset, 0.0]
    surface.ColorArrayName = ["POINTS", ""]  # one colour
    surface.DiffuseColor = [0.87, 0.18, 0.15]
    surface.Opacity = 0.4
    return bounds[3] - bounds[2] + GAP


def main():
    folder = run_folder()
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    view = simple.GetActiveViewOrCreate("RenderView")
    if len(sys.argv) > 2:
        view.ViewSize = [1800, 900]
    view.UseColorPaletteForBackground = 0
    view.Background = [1.0, 1.0, 1.0]
    view.OrientationAxesLabelColor = [0.0, 0.0, 0.0]
    offset = 0.0
    for arm in run["arms"]:
        if (folder / arm["folder"] / "frames.pvd").exists():
            offset += show_arm(view, folder, arm, offset)
    if offset == 0.0:
        raise SystemExit("this run has no frames: a 0-D study has time series only")
    density = simple.GetColorTransferFunction("BMD")
    density.ApplyPreset("Cividis", True)
    density.RescaleTransferFunction(0.0, 300.0)
    bar = simple.GetScalarBar(density, view)
    bar.Title = "bone mineral density (mg/cm^3)"
    bar.ComponentTitle = ""
    bar.TitleColor = bar.LabelColor = [0.0, 0.0, 0.0]
    bar.RangeLabelFormat = bar.LabelFormat = "%.0f"
    bar.WindowLocation = "Lower Right Corner"
    bar.Visibility = 1
    simple.GetAnimationScene().UpdateAnimationUsingDataTimeSteps()
    simple.GetAnimationScene().GoToLast()
    # From the patient's left: head up, front to the left.
    view.CameraPosition = [1000.0, -400.0, 400.0]
    view.CameraFocalPoint = [0.0, 0.0, 0.0]
    view.CameraViewUp = [0.0, 0.0, 1.0]
    view.CameraParallelProjection = 1
    simple.ResetCamera(view)
    view.CameraParallelScale *= 0.6  # the arms stand in a row: the picture is wider than high
    simple.Render(view)
    if len(sys.argv) > 2:
        simple.SaveScreenshot(sys.argv[2], view, ImageResolution=[1800, 900])


main()
