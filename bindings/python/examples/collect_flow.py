"""Does collecting at 2 instead of 1 mL/min change CD34 yield or platelet loss?  (row A1.5 of the published rows)

python bindings/python/examples/collect_flow.py [donors]     writes collect-flow.png into the current folder
"""

# %% The study: donors after G-CSF, each through both arms.
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import leuka

root = Path(__file__).resolve().parents[3]
donors = int(sys.argv[1]) if len(sys.argv) > 1 else 40
trial = leuka.trial(root / "validation/studies/a1-5-collect-flow.toml", donors=donors)
table = trial.outcomes.to_pandas()

# %% The same donors in both arms, side by side.
wide = table.pivot(index="donor", columns="arm", values=["cd34_ce2_pct", "platelet_change_pct"])
difference = wide["cd34_ce2_pct"]["2 mL/min"] - wide["cd34_ce2_pct"]["1 mL/min"]
print(f"CD34 CE2, 2 less 1 mL/min: median {difference.median():.1f} points in {len(difference)} donors")

# %% What one run looks like.
run = leuka.run(root / "protocols/cd34-allogeneic.toml", root / "donors/allogeneic-62kg.toml", every_s=60)
course = run.samples.to_pandas()

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
for arm, group in table.groupby("arm"):
    left.hist(group["cd34_ce2_pct"].dropna(), bins=15, alpha=0.6, label=arm)
left.set_xlabel("CD34 CE2, %")
left.set_ylabel("donors")
left.legend()
right.plot(course["time_s"] / 60, course["true_platelet_1e9_l"])
right.set_xlabel("minutes")
right.set_ylabel("donor's platelets, 1e9/L")
figure.suptitle(leuka.NOT_A_DEVICE, fontsize=9)
figure.tight_layout()
figure.savefig("collect-flow.png", dpi=120)
print("collect-flow.png")
