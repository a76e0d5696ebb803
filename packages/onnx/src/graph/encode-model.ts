import type {
  Attribute,
  ElementType,
  Initialiser,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxValue,
} from './onnx-graph.js';
import { MessageParts } from './message-parts.js';
import { IR_VERSION, elementType, fields } from './onnx-schema.js';

/**
 * Encodes a model as the bytes of an ONNX file.
 *
 * Metadata comes before the graph, so that a reader finds it without reading the weights.
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  return joinedParts(encodedParts(model));
}

/** Parts one after the other, as one array. */
export function joinedParts(parts: readonly Uint8Array[]): Uint8Array {
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** The same bytes in parts, one after the other; those of large constants are the constants' own memory. */
export function encodedParts({ graph, opset, metadata }: OnnxModel): readonly Uint8Array[] {
  const to = new MessageParts();
  const { model } = fields;
  to.whole(model.irVersion, IR_VERSION);
  to.text(model.producerName, 'dmnn');
  for (const [domain, version] of [
    ['', opset] as const,
    ...domainsOf(graph).map((each) => [each, 1] as const),
  ]) {
    to.message(model.opsetImport, (set) => {
      if (domain !== '') set.text(fields.operatorSet.domain, domain);
      set.whole(fields.operatorSet.version, version);
    });
  }
  for (const [key, value] of metadata) writeMetadata(to, key, value);
  to.message(model.graph, (inner) => {
    writeGraph(inner, graph);
  });
  return to.parts();
}

/** An entry of a file's metadata, as a field of the file, in parts. */
export function metadataEntry(key: string, value: string): readonly Uint8Array[] {
  const to = new MessageParts();
  writeMetadata(to, key, value);
  return to.parts();
}

function writeMetadata(to: MessageParts, key: string, value: string): void {
  to.message(fields.model.metadataProps, (entry) => {
    entry.text(fields.entry.key, key);
    entry.text(fields.entry.value, value);
  });
}

/** The domains of non-standard operators in a graph and its branches. */
function domainsOf(graph: OnnxGraph): string[] {
  const domains = graph.nodes.flatMap(({ domain, attributes }) => [
    ...(domain === undefined ? [] : [domain]),
    ...Object.values(attributes).flatMap((each) => ('graph' in each ? domainsOf(each.graph) : [])),
  ]);
  return [...new Set(domains)];
}

function writeGraph(to: MessageParts, graph: OnnxGraph): void {
  for (const node of graph.nodes)
    to.message(fields.graph.node, (inner) => {
      writeNode(inner, node);
    });
  to.text(fields.graph.name, graph.name);
  for (const each of graph.initialisers) {
    to.message(fields.graph.initializer, (inner) => {
      writeTensor(inner, each);
    });
  }
  for (const each of graph.inputs)
    to.message(fields.graph.input, (inner) => {
      writeValue(inner, each);
    });
  for (const each of graph.outputs)
    to.message(fields.graph.output, (inner) => {
      writeValue(inner, each);
    });
}

function writeNode(to: MessageParts, node: OnnxNode): void {
  for (const name of node.inputs) to.text(fields.node.input, name);
  for (const name of node.outputs) to.text(fields.node.output, name);
  to.text(fields.node.name, node.name);
  to.text(fields.node.opType, node.operation);
  if (node.domain !== undefined) to.text(fields.node.domain, node.domain);
  for (const [name, value] of Object.entries(node.attributes)) {
    to.message(fields.node.attribute, (inner) => {
      inner.text(fields.attribute.name, name);
      writeAttribute(inner, value);
    });
  }
}

function writeAttribute(to: MessageParts, value: Attribute): void {
  const { attribute } = fields;
  if ('int' in value) {
    to.whole(attribute.i, value.int);
    to.whole(attribute.type, attribute.kinds.int);
  } else if ('ints' in value) {
    to.packed(attribute.ints, value.ints);
    to.whole(attribute.type, attribute.kinds.ints);
  } else if ('floats' in value) {
    to.floats(attribute.floats, value.floats);
    to.whole(attribute.type, attribute.kinds.floats);
  } else if ('text' in value) {
    to.text(attribute.s, value.text);
    to.whole(attribute.type, attribute.kinds.string);
  } else {
    to.message(attribute.g, (inner) => {
      writeGraph(inner, value.graph);
    });
    to.whole(attribute.type, attribute.kinds.graph);
  }
}

function writeTensor(to: MessageParts, { name, shape, data, type }: Initialiser): void {
  to.packed(fields.tensor.dims, shape);
  to.whole(fields.tensor.dataType, elementType[type ?? typeOf(data)]);
  to.text(fields.tensor.name, name);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  to.bytes(fields.tensor.rawData, bytes);
}

function typeOf(data: Initialiser['data']): ElementType {
  if (data instanceof Float32Array) return 'float';
  if (data instanceof Float64Array) return 'double';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Int8Array) return 'int8';
  return data instanceof BigInt64Array ? 'int64' : 'bool';
}

function writeValue(to: MessageParts, { name, type, shape }: OnnxValue): void {
  to.text(fields.value.name, name);
  to.message(fields.value.type, (typed) => {
    typed.message(fields.type.tensorType, (tensor) => {
      tensor.whole(fields.tensorType.elemType, elementType[type]);
      tensor.message(fields.tensorType.shape, (shaped) => {
        for (const length of shape) {
          shaped.message(fields.shape.dim, (inner) => {
            if (typeof length === 'number') inner.whole(fields.dimension.dimValue, length);
            else inner.text(fields.dimension.dimParam, length);
          });
        }
      });
    });
  });
}
