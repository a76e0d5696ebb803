/** One float32 tensor outside any tensor library, row-major: what every variable of a network is. */
export interface Float32Tensor {
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One tensor outside any tensor library: what a safetensors file holds. Row-major. */
export type WeightTensor =
  | Float32Tensor
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'U8'; readonly shape: readonly number[]; readonly data: Uint8Array };

/**
 * Named numbers: tensors by name, as a safetensors file has them. `Weights<Float32Tensor>` where all are known to be float32.
 *
 * The names of a network's variables are those of {@link variableSpecs}.
 */
export type Weights<Tensor extends WeightTensor = WeightTensor> = ReadonlyMap<string, Tensor>;
