/** Version of the file format, from ONNX 1.12, which introduced operator set 17. */
export const IR_VERSION = 8;

/** Operator set version that the files require. */
export const OPSET = 17;

/** `TensorProto.DataType` of onnx.proto3. */
export const elementType = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, double: 11 } as const;

/** The field numbers of onnx.proto3 used in the files, by message. */
export const fields = {
  model: { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8, metadataProps: 14 },
  operatorSet: { domain: 1, version: 2 },
  entry: { key: 1, value: 2 },
  graph: { node: 1, name: 2, initializer: 5, input: 11, output: 12 },
  node: { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 },
  attribute: {
    name: 1,
    i: 3,
    s: 4,
    g: 6,
    floats: 7,
    ints: 8,
    type: 20,
    /** `AttributeProto.AttributeType` */
    kinds: { int: 2, string: 3, graph: 5, floats: 6, ints: 7 },
  },
  tensor: { dims: 1, dataType: 2, name: 8, rawData: 9 },
  value: { name: 1, type: 2 },
  type: { tensorType: 1 },
  tensorType: { elemType: 1, shape: 2 },
  shape: { dim: 1 },
  dimension: { dimValue: 1, dimParam: 2 },
} as const;
