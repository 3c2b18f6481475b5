// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * The answer to an [`InferRequest`]; the answer to [`INFER`].
 */
export interface InferResponse {
  /**
   * The asker's own name for the request.
   */
  id?: string | null;
  /**
   * The model that answered.
   */
  model_name: string;
  /**
   * Its version.
   */
  model_version: string;
  /**
   * Outputs in the order of the request, or of the model.
   */
  outputs: Tensor[];
}
/**
 * A tensor: row-major elements with their shape.
 */
export interface Tensor {
  /**
   * The elements; absent only in the binary form, which is refused.
   */
  data?: number[];
  /**
   * Type of all elements: `FP32`, `INT32` or `INT64`.
   */
  datatype: string;
  /**
   * Name of the input or output.
   */
  name: string;
  /**
   * Refused when it asks for the binary form.
   */
  parameters?: TensorParameters | null;
  /**
   * Length of each dimension.
   */
  shape: number[];
}
/**
 * Parameters of a tensor that mean something here.
 */
export interface TensorParameters {
  /**
   * Octets after the JSON, in the binary form of the protocol.
   */
  binary_data_size?: number | null;
}
