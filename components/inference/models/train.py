"""Trains the models of the suite and packs each as a bundle: train.py OUT.

Deterministic: the same scripts and packages give the same bytes.
"""

import os

# Before numpy: sums are made by one thread, in one order.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import sys

import guest_message
import room_allocation


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for model in (guest_message, room_allocation):
        directory, quality = model.train(sys.argv[1])
        figures = ", ".join(f"{name} {value}" for name, value in quality.items())
        print(f"{directory}: {figures}", file=sys.stderr)


if __name__ == "__main__":
    main()
