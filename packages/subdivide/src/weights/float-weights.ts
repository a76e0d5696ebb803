/** One float32 tensor outside any tensor library, row-major. */
export interface FloatTensor {
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by the names that `variableSpecs` of `@dmnn/network` gives them. What `Network.load` takes. */
export type FloatWeights = ReadonlyMap<string, FloatTensor>;

/** Tensors of any type by name, as a safetensors file or `Network.weights` of `@dmnn/network` gives them. */
export type GivenWeights = ReadonlyMap<
  string,
  { readonly dtype: string; readonly shape: readonly number[]; readonly data: ArrayLike<number | bigint> }
>;
