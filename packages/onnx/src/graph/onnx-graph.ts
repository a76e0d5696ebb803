/** Element types that the files use, by ONNX's names. */
export type ElementType = 'float' | 'double' | 'int64' | 'bool';

/** A constant of a graph. Row-major; a `bool` is a byte of 0 or 1. */
export interface Initialiser {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | Uint8Array;
}

/** A value of one attribute of a node. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly text: string }
  | { readonly graph: OnnxGraph };

/** One operation. Inputs and outputs are names; an empty name is an optional input that is left out. */
export interface OnnxNode {
  readonly name: string;
  readonly operation: string;
  /** Of the operation; absent for ONNX's own. */
  readonly domain?: string | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: { readonly [name: string]: Attribute };
}

/** A graph's input or output: a dimension is a length, or a name for one that may vary. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** Nodes in an order in which they can run. Branches of an `If` see the names of the graphs around them. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly Initialiser[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** What an ONNX file holds. */
export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** Version of ONNX's own operators. */
  readonly opset: number;
  readonly metadata: ReadonlyMap<string, string>;
}
