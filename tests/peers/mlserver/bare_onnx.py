"""The least that MLServer needs to run a model of ONNX Runtime: one session, one thread."""

import os

import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class BareOnnx(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(
            os.environ["BENCH_MODEL"], options, providers=["CPUExecutionProvider"]
        )
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        fed = {tensor.name: NumpyCodec.decode_input(tensor).astype("float32") for tensor in payload.inputs}
        answers = self.session.run(None, fed)
        outputs = [
            NumpyCodec.encode_output(port.name, answer)
            for port, answer in zip(self.session.get_outputs(), answers)
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
