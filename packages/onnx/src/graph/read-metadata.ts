import { decodeUtf8 } from '@dmnn/foundation';
import { DELIMITED, messageFields } from './message-fields.js';
import { fields } from './onnx-schema.js';

/**
 * Reads the metadata of an ONNX file without reading its graph.
 *
 * @returns `[key, value]` of each entry, in the file's order
 * @throws RangeError if the bytes are no protobuf message, or an entry is none of two strings
 */
export function readMetadata(file: Uint8Array): [key: string, value: string][] {
  const metadata: [string, string][] = [];
  for (const { number, wireType, value } of messageFields(file)) {
    if (number !== fields.model.metadataProps) continue;
    metadata.push(readEntry(delimited(wireType, value)));
  }
  return metadata;
}

function readEntry(bytes: Uint8Array): [key: string, value: string] {
  const entry: [string, string] = ['', ''];
  for (const { number, wireType, value } of messageFields(bytes)) {
    if (number === fields.entry.key) entry[0] = textOf(delimited(wireType, value));
    else if (number === fields.entry.value) entry[1] = textOf(delimited(wireType, value));
  }
  return entry;
}

function delimited(wireType: number, value: Uint8Array): Uint8Array {
  if (wireType === DELIMITED) return value;
  throw new RangeError(`metadata: expected a field of wire type ${DELIMITED}, got ${wireType}`);
}

function textOf(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new RangeError('metadata: expected text in UTF-8');
  return text;
}
