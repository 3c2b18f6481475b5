"""Bundles of `room-allocation` that are good, bad or hostile, not signed yet:
specimen.py OUT SCRIPTS KIND VERSION [NUMBER].
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FEATURES = 16
FLOAT = TensorProto.FLOAT


def constant(number):
    """The same score for every row."""
    return [
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "number"], ["score"]),
    ], {"zero": 0.0, "number": number}


def never_a_number(_):
    return [
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["mean", "two"], ["below"]),
        helper.make_node("Log", ["below"], ["score"]),
    ], {"two": 2.0}


def later_no_number(_):
    """A number while rows are small, as in the golden vectors; NaN from a mean of 0.1 on."""
    return [
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["tenth", "mean"], ["below"]),
        helper.make_node("Sqrt", ["below"], ["score"]),
    ], {"tenth": 0.1}


def busy(number):
    """As many products of matrices as `number` says, and then a half."""
    nodes = [
        helper.make_node("ReduceMean", ["features"], ["all"], keepdims=0),
        helper.make_node("Expand", ["all", "large"], ["matrix0"]),
    ]
    for turn in range(int(number)):
        nodes.append(helper.make_node("MatMul", [f"matrix{turn}", f"matrix{turn}"], [f"raw{turn}"]))
        nodes.append(helper.make_node("Tanh", [f"raw{turn}"], [f"matrix{turn + 1}"]))
    nodes += [
        helper.make_node("ReduceMean", [f"matrix{int(number)}"], ["gone"], keepdims=0),
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Add", ["mean", "gone"], ["sum"]),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "half"], ["score"]),
    ]
    return nodes, {"large": np.array([600, 600], dtype=np.int64), "zero": 0.0, "half": 0.5}


def loop(turns):
    """A loop over the mean of each row."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Tanh", ["held"], ["kept"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("held", FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("kept", FLOAT, None),
        ],
    )
    return [
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Loop", [turns, "yes", "mean"], ["score"], body=body),
    ], {"yes": np.array(True)}


def endless(_):
    """A loop that never ends."""
    nodes, constants = loop("turns")
    return nodes, constants | {"turns": np.array(2**62, dtype=np.int64)}


def later_endless(_):
    """Quick while rows are small, as in the golden vectors; without end from a mean of 0.1 on."""
    nodes, constants = loop("turns")
    return [
        helper.make_node("ReduceMean", ["features"], ["all"], keepdims=0),
        helper.make_node("Sub", ["all", "tenth"], ["above"]),
        helper.make_node("Relu", ["above"], ["share"]),
        helper.make_node("Mul", ["share", "many"], ["count"]),
        helper.make_node("Cast", ["count"], ["turns"], to=TensorProto.INT64),
        *nodes,
    ], constants | {"tenth": 0.1, "many": 1e15}


def huge(_):
    """Four gigabytes for one row."""
    return [
        helper.make_node("ReduceMean", ["features"], ["all"], keepdims=0),
        helper.make_node("Expand", ["all", "large"], ["matrix"]),
        helper.make_node("ReduceMean", ["matrix"], ["gone"], keepdims=0),
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Add", ["mean", "gone"], ["score"]),
    ], {"large": np.array([1_000_000_000], dtype=np.int64)}


KINDS = {
    "constant": constant,
    "nan": never_a_number,
    "later-nan": later_no_number,
    "busy": busy,
    "slow": busy,
    "endless": endless,
    "later-endless": later_endless,
    "huge": huge,
    "wrong": constant,
    "ports": constant,
}


def main():
    out, scripts, kind, version = sys.argv[1:5]
    sys.path.insert(0, scripts)
    sys.dont_write_bytecode = True
    import bundle

    number = float(sys.argv[5]) if len(sys.argv) > 5 else 0.5
    nodes, constants = KINDS[kind](number)
    weights = [
        numpy_helper.from_array(np.asarray(value, dtype=np.float32) if isinstance(value, float) else value, name)
        for name, value in constants.items()
    ]
    output = "points" if kind == "ports" else "score"
    if kind == "ports":
        nodes[-1].output[0] = output
    graph = helper.make_graph(
        nodes,
        kind,
        [helper.make_tensor_value_info("features", FLOAT, ["rows", FEATURES])],
        [helper.make_tensor_value_info(output, FLOAT, None)],
        weights,
    )
    for each in graph.output:
        each.type.tensor_type.shape.dim.add().dim_param = "rows"
        each.type.tensor_type.shape.dim.add().dim_value = 1
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 10
    manifest = {
        "v": 1, "model": "room-allocation", "version": int(version), "description": kind,
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, FEATURES], "least": 0, "most": 1}],
        "outputs": [{"name": "score", "datatype": "FP32", "shape": [-1, 1], "least": 0, "most": 1}],
        "batch_max": 60,
        "budget": {"latency_ms": 1000 if kind == "busy" else 10, "rss_mb": 300},
        "tolerance": 1e-5,
    }
    directory = Path(out)
    directory.mkdir(parents=True)
    (directory / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (directory / "manifest.json").write_text(json.dumps(manifest) + "\n")
    row = {"features": np.full(FEATURES, 0.05, dtype=np.float32)}
    if kind in ("constant", "later-nan", "later-endless", "busy", "slow"):
        golden = bundle.golden(manifest, model.SerializeToString(), [row])
    else:
        told = {"inputs": [bundle.tensor("features", "FP32", row["features"][np.newaxis, :])],
                "outputs": [{"name": "score", "datatype": "FP32", "shape": [1, 1], "data": [0.9]}]}
        golden = json.dumps(told) + "\n"
    (directory / "golden.jsonl").write_text(golden)
    (directory / "model-card.md").write_text(f"# {kind}\n")


if __name__ == "__main__":
    main()
