// Made from the schemas of `wire` by `npm run types`; not to be edited.

/**
 * Body of an [`INFER`] request.
 */
export interface Infer {
  /**
   * The model.
   */
  model: string;
  request: InferRequest;
  /**
   * Its version; the active one when absent. Another one than the active is not found.
   */
  version?: string | null;
}
/**
 * The request as the protocol has it.
 */
export interface InferRequest {
  /**
   * The asker's own name for it, given back in the answer.
   */
  id?: string | null;
  /**
   * One tensor for every input of the model.
   */
  inputs: Tensor[];
  /**
   * Outputs that are wanted; all when absent or empty.
   */
  outputs?: Wanted[];
  /**
   * What the asker wants beside an answer.
   */
  parameters?: RequestParameters | null;
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
/**
 * An output that is wanted.
 */
export interface Wanted {
  /**
   * Its name.
   */
  name: string;
}
/**
 * Parameters of a request that mean something here.
 */
export interface RequestParameters {
  /**
   * How long the asker waits, in microseconds; later nothing is computed.
   */
  timeout?: number | null;
}
