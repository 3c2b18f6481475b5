"""A bundle: one directory with everything about one version of a model, not signed yet."""

import json
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

GOLDEN = 12
TOLERANCE = 1e-5


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def tensor(name, datatype, array):
    return {
        "name": name,
        "datatype": datatype,
        "shape": list(array.shape),
        "data": [number.item() for number in array.flatten()],
    }


def golden(manifest, model, rows):
    """Answers of ONNX Runtime to some rows, as lines of JSON."""
    running = session(model)
    lines = []
    for row in rows:
        batch = {name: value[np.newaxis, :] for name, value in row.items()}
        answers = running.run(None, batch)
        named = {each.name: answer for each, answer in zip(running.get_outputs(), answers)}
        lines.append(
            {
                "inputs": [
                    tensor(each["name"], each["datatype"], batch[each["name"]])
                    for each in manifest["inputs"]
                ],
                "outputs": [
                    tensor(each["name"], each["datatype"], named[each["name"]])
                    for each in manifest["outputs"]
                ],
            }
        )
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def write(out, manifest, model, rows, card):
    """Writes the bundle to OUT/MODEL/VERSION."""
    directory = Path(out) / manifest["model"] / str(manifest["version"])
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.onnx").write_bytes(model)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (directory / "manifest.json").write_text(text, encoding="utf-8")
    (directory / "golden.jsonl").write_text(golden(manifest, model, rows[:GOLDEN]), encoding="utf-8")
    (directory / "model-card.md").write_text(card, encoding="utf-8")
    return directory
