import protobuf from 'protobufjs/minimal.js';
import { fields } from './onnx-schema.js';

/**
 * Reads the metadata of an ONNX file without reading its graph.
 *
 * @throws RangeError or Error of protobufjs if the bytes are not a protobuf message
 */
export function readMetadata(file: Uint8Array): Map<string, string> {
  const reader = protobuf.Reader.create(file);
  const metadata = new Map<string, string>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 !== fields.model.metadataProps) reader.skipType(tag & 7);
    else {
      const [key, value] = readEntry(protobuf.Reader.create(reader.bytes()));
      metadata.set(key, value);
    }
  }
  return metadata;
}

function readEntry(reader: protobuf.Reader): [key: string, value: string] {
  const entry: [string, string] = ['', ''];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === fields.entry.key) entry[0] = reader.string();
    else if (tag >>> 3 === fields.entry.value) entry[1] = reader.string();
    else reader.skipType(tag & 7);
  }
  return entry;
}
