"""A small network in numpy, trained the same way every time, and its form as an ONNX graph.

Weights are rounded to four decimals after training, so that the last bits of a processor's sums do
not show in the file; the figures are measured with the rounded weights.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DECIMALS = 4
OPSET = 17
IR_VERSION = 10


class Adam:
    """Adam (Kingma, Ba 2015) over named arrays."""

    def __init__(self, weights, rate):
        self.weights, self.rate, self.step = weights, rate, 0
        self.first = {name: np.zeros_like(value) for name, value in weights.items()}
        self.second = {name: np.zeros_like(value) for name, value in weights.items()}

    def apply(self, gradients):
        self.step += 1
        for name, gradient in gradients.items():
            first = self.first[name] = 0.9 * self.first[name] + 0.1 * gradient
            second = self.second[name] = 0.999 * self.second[name] + 0.001 * gradient**2
            first = first / (1 - 0.9**self.step)
            second = second / (1 - 0.999**self.step)
            self.weights[name] -= self.rate * first / (np.sqrt(second) + 1e-8)


def dense(random, inputs, outputs):
    scale = np.sqrt(2 / inputs)
    return (random.standard_normal((inputs, outputs)) * scale).astype(np.float64)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def rounded(weights):
    return {name: np.round(value, DECIMALS).astype(np.float32) for name, value in weights.items()}


def write(nodes, name, inputs, outputs, weights):
    """The graph as the bytes of a model file; the same for the same arguments."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*each) for each in outputs],
        [numpy_helper.from_array(value, key) for key, value in sorted(weights.items())],
    )
    model = helper.make_model(
        graph, producer_name="hospitality-edge", opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
