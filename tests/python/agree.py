"""The same random tensors through `inference`, by tritonclient, and through Python's onnxruntime:
agree.py HOST:PORT MODELS COUNT. Prints the largest difference as JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import tritonclient.http as triton

TYPES = {"FP32": np.float32, "INT32": np.int32, "INT64": np.int64}


def rows(random, port, count):
    shape, kind = [count, *port["shape"][1:]], TYPES[port["datatype"]]
    if kind is np.float32:
        return random.uniform(port["least"], port["most"], shape).astype(kind)
    return random.integers(port["least"], port["most"], shape, endpoint=True, dtype=kind)


def main():
    address, models, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    client = triton.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready()
    random, told = np.random.default_rng(7), {}
    for manifest in sorted(models.glob("*/1/manifest.json")):
        declared = json.loads(manifest.read_text(encoding="utf-8"))
        model = declared["model"]
        assert client.is_model_ready(model)
        metadata = client.get_model_metadata(model)
        assert [port["name"] for port in metadata["inputs"]] == [port["name"] for port in declared["inputs"]]
        session = onnxruntime.InferenceSession(manifest.with_name("model.onnx"), providers=["CPUExecutionProvider"])
        largest = 0.0
        for _ in range(count):
            fed = {port["name"]: rows(random, port, 1) for port in declared["inputs"]}
            inputs = []
            for port in declared["inputs"]:
                tensor = triton.InferInput(port["name"], fed[port["name"]].shape, port["datatype"])
                tensor.set_data_from_numpy(fed[port["name"]], binary_data=False)
                inputs.append(tensor)
            outputs = [triton.InferRequestedOutput(port["name"], binary_data=False) for port in declared["outputs"]]
            answer = client.infer(model, inputs, outputs=outputs, request_id="7")
            assert answer.get_response()["id"] == "7"
            for name, expected in zip((port.name for port in session.get_outputs()), session.run(None, fed)):
                found = answer.as_numpy(name)
                assert found.shape == expected.shape and found.dtype == expected.dtype
                largest = max(largest, float(np.abs(found - expected).max()))
        told[model] = {"inputs": count, "largest_difference": largest}
    index = {entry["name"]: entry["state"] for entry in client.get_model_repository_index()}
    assert all(index[model] == "READY" for model in told), index
    print(json.dumps(told))


if __name__ == "__main__":
    main()
