import protobuf from 'protobufjs/minimal.js';
import type {
  Attribute,
  ElementType,
  Initialiser,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxValue,
} from './onnx-graph.js';
import { IR_VERSION, elementType, fields } from './onnx-schema.js';

type Writer = protobuf.Writer;

const VARINT = 0;
const BYTES = 2;

/**
 * Encodes a model as the bytes of an ONNX file.
 *
 * Metadata comes before the graph, so that a reader finds it without reading the weights.
 */
export function encodeModel({ graph, opset, metadata }: OnnxModel): Uint8Array {
  const writer = protobuf.Writer.create();
  const { model } = fields;
  whole(writer, model.irVersion, IR_VERSION);
  text(writer, model.producerName, 'dmnn');
  for (const [domain, version] of [
    ['', opset] as const,
    ...domainsOf(graph).map((each) => [each, 1] as const),
  ]) {
    message(writer, model.opsetImport, (to) => {
      if (domain !== '') text(to, fields.operatorSet.domain, domain);
      whole(to, fields.operatorSet.version, version);
    });
  }
  for (const [key, value] of metadata) {
    message(writer, model.metadataProps, (to) => {
      text(to, fields.entry.key, key);
      text(to, fields.entry.value, value);
    });
  }
  message(writer, model.graph, (to) => {
    writeGraph(to, graph);
  });
  return writer.finish();
}

/** The domains of non-standard operators in a graph and its branches. */
function domainsOf(graph: OnnxGraph): string[] {
  const domains = graph.nodes.flatMap(({ domain, attributes }) => [
    ...(domain === undefined ? [] : [domain]),
    ...Object.values(attributes).flatMap((each) => ('graph' in each ? domainsOf(each.graph) : [])),
  ]);
  return [...new Set(domains)];
}

function writeGraph(writer: Writer, graph: OnnxGraph): void {
  for (const node of graph.nodes)
    message(writer, fields.graph.node, (to) => {
      writeNode(to, node);
    });
  text(writer, fields.graph.name, graph.name);
  for (const each of graph.initialisers) {
    message(writer, fields.graph.initializer, (to) => {
      writeTensor(to, each);
    });
  }
  for (const each of graph.inputs)
    message(writer, fields.graph.input, (to) => {
      writeValue(to, each);
    });
  for (const each of graph.outputs)
    message(writer, fields.graph.output, (to) => {
      writeValue(to, each);
    });
}

function writeNode(writer: Writer, node: OnnxNode): void {
  for (const name of node.inputs) text(writer, fields.node.input, name);
  for (const name of node.outputs) text(writer, fields.node.output, name);
  text(writer, fields.node.name, node.name);
  text(writer, fields.node.opType, node.operation);
  if (node.domain !== undefined) text(writer, fields.node.domain, node.domain);
  for (const [name, value] of Object.entries(node.attributes)) {
    message(writer, fields.node.attribute, (to) => {
      text(to, fields.attribute.name, name);
      writeAttribute(to, value);
    });
  }
}

function writeAttribute(writer: Writer, value: Attribute): void {
  const { attribute } = fields;
  if ('int' in value) {
    whole(writer, attribute.i, value.int);
    whole(writer, attribute.type, attribute.kinds.int);
  } else if ('ints' in value) {
    packed(writer, attribute.ints, value.ints);
    whole(writer, attribute.type, attribute.kinds.ints);
  } else if ('floats' in value) {
    message(writer, attribute.floats, (to) => {
      for (const each of value.floats) to.float(each);
    });
    whole(writer, attribute.type, attribute.kinds.floats);
  } else if ('text' in value) {
    text(writer, attribute.s, value.text);
    whole(writer, attribute.type, attribute.kinds.string);
  } else {
    message(writer, attribute.g, (to) => {
      writeGraph(to, value.graph);
    });
    whole(writer, attribute.type, attribute.kinds.graph);
  }
}

function writeTensor(writer: Writer, { name, shape, data }: Initialiser): void {
  packed(writer, fields.tensor.dims, shape);
  whole(writer, fields.tensor.dataType, elementType[typeOf(data)]);
  text(writer, fields.tensor.name, name);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  writer.uint32(tag(fields.tensor.rawData, BYTES)).bytes(bytes);
}

function typeOf(data: Initialiser['data']): ElementType {
  if (data instanceof Float32Array) return 'float';
  if (data instanceof Float64Array) return 'double';
  return data instanceof BigInt64Array ? 'int64' : 'bool';
}

function writeValue(writer: Writer, { name, type, shape }: OnnxValue): void {
  text(writer, fields.value.name, name);
  message(writer, fields.value.type, (typed) => {
    message(typed, fields.type.tensorType, (tensor) => {
      whole(tensor, fields.tensorType.elemType, elementType[type]);
      message(tensor, fields.tensorType.shape, (shaped) => {
        for (const length of shape) {
          message(shaped, fields.shape.dim, (to) => {
            if (typeof length === 'number') whole(to, fields.dimension.dimValue, length);
            else text(to, fields.dimension.dimParam, length);
          });
        }
      });
    });
  });
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

function whole(writer: Writer, field: number, value: number): void {
  writer.uint32(tag(field, VARINT)).int64(value);
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, BYTES)).string(value);
}

function packed(writer: Writer, field: number, values: readonly number[]): void {
  message(writer, field, (to) => {
    for (const value of values) to.int64(value);
  });
}

function message(writer: Writer, field: number, write: (to: Writer) => void): void {
  writer.uint32(tag(field, BYTES)).fork();
  write(writer);
  writer.ldelim();
}
