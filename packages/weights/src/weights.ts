/** A float32 tensor independent of any tensor library, row-major: the type of a network's variables. */
export interface Float32Tensor {
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor independent of any tensor library, row-major: the type of tensors in a safetensors file. */
export type WeightTensor =
  | Float32Tensor
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'U8'; readonly shape: readonly number[]; readonly data: Uint8Array };

/**
 * Tensors by name, as in a safetensors file. Use `Weights<Float32Tensor>` if all are known to be float32.
 *
 * {@link variableSpecs} lists the names of a network's variables.
 */
export type Weights<Tensor extends WeightTensor = WeightTensor> = ReadonlyMap<string, Tensor>;
