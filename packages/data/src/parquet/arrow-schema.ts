import { metadataOf } from './file-metadata.js';
import type { ParquetFooter } from './footer.js';
import { ParquetProblem } from './parquet-error.js';
import { utf8 } from './thrift.js';

/** What Arrow adds to a parquet file that is of use here. */
export interface ArrowSchema {
  /** The schema's own metadata: texts by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What values of the columns mean that parquet alone stores as plain numbers, by column: `duration`. */
  readonly meanings: ReadonlyMap<string, string>;
}

const SCHEMA = 1;

/** Types of Arrow that parquet may store as numbers without saying what they mean, by their numbers in Schema.fbs. */
const meanings: { readonly [type: number]: string } = {
  6: 'boolean',
  7: 'decimal',
  8: 'date',
  9: 'time',
  10: 'timestamp',
  11: 'interval',
  18: 'duration',
};

/**
 * The Arrow schema in the metadata of a file.
 *
 * @returns undefined if it has none
 * @throws ParquetProblem if it is damaged
 */
export function arrowSchemaOf(footer: Pick<ParquetFooter, 'metadata'>): ArrowSchema | undefined {
  const text = metadataOf(footer, 'ARROW:schema');
  return text === undefined ? undefined : readArrowSchema(text);
}

/**
 * Reads an Arrow schema as parquet files store it under `ARROW:schema`: a message of Arrow's IPC format,
 * which is a FlatBuffer, in base64.
 *
 * @throws ParquetProblem if it is damaged
 * @see https://github.com/apache/arrow/blob/main/format/Message.fbs and Schema.fbs
 */
function readArrowSchema(text: string): ArrowSchema {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw damaged();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    // newer writers begin with a mark
    const start = view.getInt32(0, true) === -1 ? 8 : 4;
    const message = table(view, start + view.getUint32(start, true));
    const kind = message.at(1);
    const schema = message.table(2);
    if (kind === undefined || view.getUint8(kind) !== SCHEMA || !schema) throw new RangeError('not a schema');
    const metadata = metadataIn(schema, 2);
    const described = schema.tables(1).map((field) => [field.text(0), meaningOf(view, field)] as const);
    // names of classes that are there must not be missed because something on the way to them is damaged
    if (bytes.includes('huggingface') && !metadata.has('huggingface')) throw damaged();
    const known = described.filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { metadata, meanings: new Map(known) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw damaged();
  }
}

function metadataIn(described: Table, id: number): ReadonlyMap<string, string> {
  return new Map(described.tables(id).map((entry) => [entry.text(0), entry.text(1)] as const));
}

/** What the values of a field mean beyond numbers, texts and lists; of an extension type, its name. */
function meaningOf(view: DataView, field: Table): string | undefined {
  const extension = metadataIn(field, 6).get('ARROW:extension:name');
  if (extension !== undefined) return `value of the extension type ${extension}`;
  const type = field.at(2);
  return type === undefined ? undefined : meanings[view.getUint8(type)];
}

function damaged(): ParquetProblem {
  return new ParquetProblem('an Arrow schema in the metadata ARROW:schema', 'damaged data');
}

interface Table {
  /** Where field `id` is; undefined if it is missing. */
  at(id: number): number | undefined;
  table(id: number): Table | undefined;
  tables(id: number): Table[];
  text(id: number): string;
}

/** A table of a FlatBuffer. Reading outside of the bytes is a RangeError of the view. */
function table(view: DataView, position: number): Table {
  const fields = position - view.getInt32(position, true);
  const size = view.getUint16(fields, true);
  const at = (id: number): number | undefined => {
    const slot = 4 + 2 * id;
    const offset = slot + 2 <= size ? view.getUint16(fields + slot, true) : 0;
    return offset === 0 ? undefined : position + offset;
  };
  const target = (at: number): number => at + view.getUint32(at, true);
  return {
    at,
    table: (id) => {
      const field = at(id);
      return field === undefined ? undefined : table(view, target(field));
    },
    tables: (id) => {
      const field = at(id);
      if (field === undefined) return [];
      const first = target(field);
      const length = view.getUint32(first, true);
      if (4 * length > view.byteLength) throw new RangeError('a list beyond the end');
      return Array.from({ length }, (_, i) => table(view, target(first + 4 + 4 * i)));
    },
    text: (id) => {
      const field = at(id);
      if (field === undefined) return '';
      const first = target(field);
      const length = view.getUint32(first, true);
      if (first + 4 + length > view.byteLength) throw new RangeError('a text beyond the end');
      return utf8(new Uint8Array(view.buffer, view.byteOffset + first + 4, length));
    },
  };
}
