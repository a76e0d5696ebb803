/** Element types used in the files, by their ONNX names. */
export type ElementType = 'float' | 'double' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool';

/** A constant of a graph, row-major; a `bool` is a byte, 0 or 1. */
export interface Initialiser {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
  /** Of bytes; otherwise the array says it. @defaultValue 'bool' */
  readonly type?: 'uint8' | 'bool' | undefined;
}

/** The value of a node's attribute. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly text: string }
  | { readonly graph: OnnxGraph };

/** One operation. Inputs and outputs are names; an empty name stands for an omitted optional input. */
export interface OnnxNode {
  readonly name: string;
  readonly operation: string;
  /** Domain of the operation; absent for standard ONNX operators. */
  readonly domain?: string | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: { readonly [name: string]: Attribute };
}

/** A graph's input or output: a dimension is a length, or a name if it is variable. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** A graph with its nodes in execution order. Branches of an `If` see the names of the enclosing graphs. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly Initialiser[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Contents of an ONNX file. */
export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** Version of the standard ONNX operator set. */
  readonly opset: number;
  readonly metadata: ReadonlyMap<string, string>;
}
