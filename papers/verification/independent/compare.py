#!/usr/bin/env python3
"""Holds Howship against scipy.integrate, with the equations written down a second time.

A patient without space (patient.toml: the cycle of models/prototype under denosumab) and a block of 6 x 5 x 4 voxels (space.toml). Of the model
files only the values of parameters are read; equations, units and the finite volumes are written here by hand.
Needs Debian's python3-scipy.

usage: compare.py HOWSHIP   (the program, such as build/release/howship); exits 1 if a difference is above 1e-5
"""

import csv
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import numpy as np
from scipy.integrate import solve_ivp

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOLERANCE = 1e-11  # of the integration here
LARGEST = 1e-5


def run(howship, study, folder, *more):
    subprocess.run([howship, "run", str(study), "-o", str(folder), "--quiet", "--data", str(ROOT), *more], check=True,
                   stdout=subprocess.DEVNULL)


def table(path):
    """Columns of a time series by name, without units."""
    with open(path) as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    names = [name.split(" [")[0] for name in rows[0]]
    values = np.array([[float(cell) for cell in row] for row in rows[1:]])
    return {name: values[:, i] for i, name in enumerate(names)}


def parameters(*models):
    out = {}
    for model in models:
        with open(ROOT / "models" / (model + ".toml"), "rb") as file:
            out |= {name: entry["value"] for name, entry in tomllib.load(file)["parameters"].items()}
    return out


def integrate(rates, jumps, state, times, sizes):
    """States at all times; a time that comes twice is before and after its jump."""
    twice = [i for i in range(1, len(times)) if times[i] == times[i - 1]]
    pieces = []
    for begin, end in zip([0] + twice, twice + [len(times)]):
        if begin > 0:
            state = jumps(state)
        wanted = times[begin:end]
        solution = solve_ivp(rates, (wanted[0], wanted[-1]), state, t_eval=wanted, method="LSODA", rtol=TOLERANCE,
                             atol=TOLERANCE * np.asarray(sizes))
        if not solution.success:
            raise RuntimeError(solution.message)
        pieces.append(solution.y.T)
        state = solution.y[:, -1]
    return np.concatenate(pieces)


def cycle():
    """Rates of the vicious cycle under denosumab in one voxel; pM, day, mg; drug concentrations in ng/mL."""
    p = parameters(*("prototype/" + name for name in ("remodelling", "breast_cancer", "vicious_cycle", "denosumab")))
    bvtv0 = 0.15

    def specific_surface(bvtv):
        void = 1 - bvtv
        polynomial = 32.2 * void - 93.9 * void**2 + 134 * void**3 - 101 * void**4 + 28.8 * void**5
        return polynomial * bvtv / (bvtv + p["bvtv_edge"])

    def surface(bvtv):
        return specific_surface(bvtv) / specific_surface(p["bvtv_ref"])

    d_precursor = p["a_Cp"] * p["r_Cp"] / p["occupancy_ref"]
    pool = p["D_OCp"] / d_precursor
    clearance = p["CL_den"] * 24 / 1000  # L/day
    target_loss = p["kdeg_den"] * 24  # 1/day

    def rates(_, y):
        obp, oba, ocp, oca, bvtv, mineral, tumour, pthrp, depot, drug, tissue, target = y
        # drug: mg/L is 1000 ng/mL
        total = 1000 * drug / p["V1_den"]
        excess = total - target - p["Kss_den"]
        root = (excess**2 + 4 * p["Kss_den"] * total) ** 0.5
        free = (excess + root) / 2 if excess > 0 else 2 * p["Kss_den"] * total / (root - excess)
        share = free / (p["Kss_den"] + free)
        to_tissue = p["Q_den"] * (free / 1000 - tissue / p["V2_den"])
        free_pM = free * 1e-6 / (p["MW_den"] * 1000) * 1e12  # g/L over g/mol

        tgfb = p["alpha_TGFb"] * oca / p["D_TGFb"]
        pth = p["b_PTH"] / p["D_PTH"] + pthrp
        opg_made = p["b_OPG"] * oba * p["K_Pr"] / (pth + p["K_Pr"])
        opg = 1 / (1 / p["OPG_max"] + p["D_OPG"] / opg_made)
        stress = (bvtv0 / max(bvtv, p["bvtv_edge"])) ** p["psi_exponent"]
        disuse = p["k_mech"] * max(0, 1 - stress) * (1 - tumour)
        overload = p["mech_share"] * min(1, p["mech_gain"] * max(0, stress - 1)) * (1 - tumour)
        carried = p["RL_max"] * obp * pth / (pth + p["K_Pa"])
        binding = 1 + p["Ka_O"] * opg + p["Ka_R"] * p["RANK"] + p["chi_den"] * p["Ka_den"] * free_pM
        rankl = carried * (p["b_RL"] + disuse) / (binding * (p["b_RL"] + p["D_RL"] * carried))
        complex_ = p["Ka_R"] * rankl * p["RANK"]
        occupancy = complex_ / (complex_ + p["Kd_RR"])
        drive = (1 - p["phi0"]) * occupancy + p["phi0"] * p["occupancy_ref"]
        survival = (1 + p["e_surv"]) / (1 + p["e_surv"] * drive / p["occupancy_ref"])

        commitment = p["D_OBu"] * tgfb / (tgfb + p["K_Tu"]) * (1 + overload)
        differentiation = p["D_OBp"] * obp * p["K_Tp"] / (tgfb + p["K_Tp"])
        clasts = d_precursor * drive * ocp
        formed = surface(bvtv) * p["k_form"] * oba
        resorbed = surface(bvtv) * p["k_res"] * oca
        on_tumour = tgfb / (tgfb + p["K_Tn"])
        return [
            commitment - differentiation,
            differentiation - p["A_OBa"] * oba - p["k_OB"] * tumour * oba,
            (d_precursor * p["occupancy_ref"] + p["a_Cp"]) * pool - p["a_Cp"] * ocp - clasts,
            clasts - p["A_OCa"] * tgfb / (tgfb + p["K_Tc"]) * survival * oca,
            formed - resorbed,
            p["m_prim"] * formed - mineral / bvtv * resorbed + p["kappa"] * (p["m_max"] * bvtv - mineral),
            (p["rho0"] + p["rhoT"] * on_tumour) * max(tumour - p["n_least"], 0) * (1 - tumour),
            p["b_PTHrP"] * on_tumour * tumour - p["D_PTH"] * pthrp,
            -p["ka_den"] * depot,
            p["ka_den"] * depot - clearance * free / 1000 - p["kint_den"] * p["V1_den"] * target / 1000 * share - to_tissue,
            to_tissue,
            p["R0_den"] * target_loss - (target_loss + (p["kint_den"] - target_loss) * share) * target,
        ]

    turnover = surface(bvtv0) * p["k_form"] * p["OBa_ref"] / bvtv0
    mineral0 = bvtv0 * (turnover * p["m_prim"] + p["kappa"] * p["m_max"]) / (turnover + p["kappa"])
    start = [p["OBp_ref"], p["OBa_ref"], pool, p["OCa_ref"], bvtv0, mineral0, p["n0"], 0, 0, 0, 0, p["R0_den"]]

    def dose(y):
        out = np.array(y)
        out[8] += 120 * p["F_den"]
        return out

    names = ["OBp", "OBa", "OCp", "OCa", "BVTV", "mineral", "tumour", "PTHrP", "denosumab_depot", "denosumab",
             "denosumab_tissue", "denosumab_target"]
    sizes = [1e-4, 5e-5, 4e-4, 1e-5, 0.01, 0.004, 1e-6, 0.1, 0.01, 0.001, 0.001, 1]
    return rates, dose, start, names, sizes


def block():
    """Rates in 6 x 5 x 4 voxels of 1 mm by finite volumes with the harmonic mean at a face; pM, day, mm."""
    x, y, z = np.meshgrid(np.arange(6) - 2.5, np.arange(5) - 2.0, np.arange(4) - 1.5, indexing="ij")
    diffusion = 0.3 * (1 + 0.4 * np.sin(x) + 0.3 * np.cos(y))
    outside = np.sqrt((x - 0.5) ** 2 + (y + 1) ** 2 + (z - 0.5) ** 2) - 1.5
    ramp = np.clip(0.5 - outside / 1.0, 0, 1)
    lesion = ramp * ramp * (3 - 2 * ramp)

    def spread(food):
        out = np.zeros_like(food)
        for axis in range(3):
            low = [slice(None)] * 3
            high = [slice(None)] * 3
            low[axis], high[axis] = slice(None, -1), slice(1, None)
            low, high = tuple(low), tuple(high)
            flow = 2 / (1 / diffusion[low] + 1 / diffusion[high]) * (food[high] - food[low])
            out[low] += flow
            out[high] -= flow
        return out

    def rates(_, state):
        food, cells, blood = state[:120].reshape(x.shape), state[120:240].reshape(x.shape), state[240]
        growth = 0.2 * food / (food + 0.5) * cells * (1 - cells)
        d_food = spread(food) - 2 * growth + 0.1 * (blood - food)
        d_blood = 0.1 * (food.mean() - blood) - 0.05 * (blood - 1)
        return np.concatenate([d_food.ravel(), growth.ravel(), [d_blood]])

    def measures(states):
        food = states[:, :120].reshape(-1, *x.shape)
        cells = states[:, 120:240].reshape(-1, *x.shape)
        over = (1, 2, 3)
        return {
            "blood": states[:, 240], "food_mean": food.mean(over), "food_tilt": (food * x).mean(over),
            "food_square": (food**2).mean(over), "food_highest": food.max(over), "cells_mean": cells.mean(over),
            "cells_tilt": (cells * y).mean(over), "cells_highest": cells.max(over),
        }

    start = np.concatenate([(1 + 0.1 * x).ravel(), (0.01 + 0.2 * lesion).ravel(), [0.5]])
    return rates, measures, start


def report(title, ours, theirs, sizes):
    """The largest difference of each course, relative to its value where that is above its size."""
    print(f"\n{title}\n| what | largest relative difference | on day |\n|---|---|---|")
    worst = 0.0
    for name, size in sizes.items():
        difference = np.abs(ours[name] - theirs[name]) / np.maximum(np.abs(theirs[name]), size)
        at = int(difference.argmax())
        worst = max(worst, difference[at])
        print(f"| {name} | {difference[at]:.1e} | {ours['time'][at]:g} |")
    return worst


def main():
    howship = sys.argv[1]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        run(howship, pathlib.Path(__file__).with_name("patient.toml"), out / "point")
        ours = table(out / "point/denosumab/timeseries.csv")
        rates, dose, start, names, sizes = cycle()
        states = integrate(rates, dose, start, ours["time"], sizes)
        theirs = {name: states[:, i] for i, name in enumerate(names)}
        worst = max(worst, report(f"0-D, {len(ours['time'])} rows", ours, theirs, dict(zip(names, sizes))))

        run(howship, pathlib.Path(__file__).with_name("space.toml"), out / "space")
        ours = table(out / "space/untreated/timeseries.csv")
        rates, measures, start = block()
        theirs = measures(integrate(rates, None, start, ours["time"], 1.0))
        worst = max(worst, report("6 x 5 x 4 voxels", ours, theirs, {name: 0.01 for name in theirs}))
    print(f"\nlargest of all: {worst:.1e}")
    return 0 if worst < LARGEST else 1


if __name__ == "__main__":
    sys.exit(main())
