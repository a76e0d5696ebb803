import { ParquetProblem } from './parquet-error.js';
import { utf8 } from './thrift.js';

/** What Arrow adds to a parquet file that is of use here. */
export interface ArrowSchema {
  /** The schema's own metadata: texts by key. */
  readonly metadata: ReadonlyMap<string, string>;
}

const SCHEMA = 1;

/**
 * Reads the metadata of an Arrow schema as parquet files store it under `ARROW:schema`: a message of Arrow's IPC format,
 * which is a FlatBuffer, in base64.
 *
 * @throws ParquetProblem if it is damaged
 * @see https://github.com/apache/arrow/blob/main/format/Message.fbs and Schema.fbs
 */
export function readArrowSchema(text: string): ArrowSchema {
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
    const entries = schema.tables(2).map((entry) => [entry.text(0), entry.text(1)] as const);
    const metadata = new Map(entries);
    // names of classes that are there must not be missed because something on the way to them is damaged
    if (bytes.includes('huggingface') && !metadata.has('huggingface')) throw damaged();
    return { metadata };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw damaged();
  }
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
