import { ParquetProblem } from './parquet-error.js';
import {
  anyStruct,
  binary,
  boolean,
  byte,
  integer,
  list,
  long,
  optional,
  readThrift,
  required,
  short,
  struct,
  text,
} from './thrift.js';

// As in parquet.thrift: https://github.com/apache/parquet-format

const logicalType = struct({
  string: optional(1, anyStruct),
  map: optional(2, anyStruct),
  list: optional(3, anyStruct),
  enum: optional(4, anyStruct),
  decimal: optional(5, struct({ scale: required(1, integer), precision: required(2, integer) })),
  date: optional(6, anyStruct),
  time: optional(7, struct({ utc: required(1, boolean), unit: required(2, anyStruct) })),
  timestamp: optional(8, struct({ utc: required(1, boolean), unit: required(2, anyStruct) })),
  integer: optional(10, struct({ bits: required(1, byte), signed: required(2, boolean) })),
  null: optional(11, anyStruct),
  json: optional(12, anyStruct),
  bson: optional(13, anyStruct),
  uuid: optional(14, anyStruct),
  float16: optional(15, anyStruct),
});

const schemaElement = struct({
  type: optional(1, integer),
  typeLength: optional(2, integer),
  repetition: optional(3, integer),
  name: required(4, text),
  children: optional(5, integer),
  convertedType: optional(6, integer),
  scale: optional(7, integer),
  precision: optional(8, integer),
  fieldId: optional(9, integer),
  logicalType: optional(10, logicalType),
});

const statistics = struct({
  max: optional(1, binary),
  min: optional(2, binary),
  nulls: optional(3, long),
  distinct: optional(4, long),
  maxValue: optional(5, binary),
  minValue: optional(6, binary),
  maxExact: optional(7, boolean),
  minExact: optional(8, boolean),
});

const keyValue = struct({ key: required(1, binary), value: optional(2, binary) });

const columnMetadata = struct({
  type: required(1, integer),
  encodings: required(2, list(integer)),
  path: required(3, list(text)),
  codec: required(4, integer),
  values: required(5, long),
  uncompressedSize: required(6, long),
  compressedSize: required(7, long),
  metadata: optional(8, list(keyValue)),
  dataOffset: required(9, long),
  indexOffset: optional(10, long),
  dictionaryOffset: optional(11, long),
  statistics: optional(12, statistics),
  encodingStatistics: optional(
    13,
    list(struct({ page: required(1, integer), encoding: required(2, integer), count: required(3, integer) })),
  ),
  bloomOffset: optional(14, long),
  bloomLength: optional(15, integer),
  sizes: optional(
    16,
    struct({
      bytes: optional(1, long),
      repetition: optional(2, list(long)),
      definition: optional(3, list(long)),
    }),
  ),
});

const columnChunk = struct({
  file: optional(1, binary),
  offset: required(2, long),
  metadata: optional(3, columnMetadata),
  offsetIndexOffset: optional(4, long),
  offsetIndexLength: optional(5, integer),
  columnIndexOffset: optional(6, long),
  columnIndexLength: optional(7, integer),
  encryption: optional(8, anyStruct),
  encrypted: optional(9, binary),
});

const fileMetadata = struct({
  version: required(1, integer),
  schema: required(2, list(schemaElement)),
  rows: required(3, long),
  groups: required(
    4,
    list(
      struct({
        columns: required(1, list(columnChunk)),
        bytes: required(2, long),
        rows: required(3, long),
        sorting: optional(
          4,
          list(
            struct({
              column: required(1, integer),
              down: required(2, boolean),
              nullsFirst: required(3, boolean),
            }),
          ),
        ),
        offset: optional(5, long),
        compressedSize: optional(6, long),
        ordinal: optional(7, short),
      }),
    ),
  ),
  metadata: optional(5, list(keyValue)),
  createdBy: optional(6, binary),
  orders: optional(7, list(anyStruct)),
  encryption: optional(8, anyStruct),
  signingKey: optional(9, binary),
});

type RawMetadata = ReturnType<typeof fileMetadata>;
type SchemaElement = RawMetadata['schema'][number];
type RawChunk = RawMetadata['groups'][number]['columns'][number];

/** A column that holds values: a leaf of the schema. */
export interface ParquetColumn {
  /** `image`, `bytes`. */
  readonly path: readonly string[];
  readonly type: PhysicalType;
  /** Bytes of a value of fixed length. */
  readonly typeLength: number;
  /** Level of a value that is there; smaller ones are null at some depth. */
  readonly definitionLevels: number;
  /** 0 unless it lies in a list. */
  readonly repetitionLevels: number;
  /** What the values mean, beyond their type: `date`, `int`, `text` …; undefined if nothing is said. */
  readonly meaning: string | undefined;
  /** Whether its integers have no sign. */
  readonly unsigned: boolean;
  /** Bits of its integers, if fewer are meant than are stored. */
  readonly bits: number | undefined;
}

/** Where the values of a column lie, for one group of rows. */
export interface ParquetChunk {
  readonly column: ParquetColumn;
  readonly codec: number;
  /** Nulls included. */
  readonly values: number;
  /** How many are null, if the file says so. */
  readonly nulls: number | undefined;
  /** First byte in the file, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** What the footer of a parquet file says. */
export interface ParquetFooter {
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly ParquetChunk[] }[];
  /** Texts that writers add, such as `huggingface`. */
  readonly metadata: readonly { readonly key: Uint8Array; readonly value: Uint8Array | undefined }[];
}

/** Names of the types in which values are stored, by their numbers. */
const physicalTypes = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const;
/** A type in which values are stored. */
type PhysicalType = (typeof physicalTypes)[number];

const OPTIONAL = 1;
const REPEATED = 2;
const DEEPEST_SCHEMA = 100;

/**
 * Interprets the footer of a parquet file.
 *
 * @param bytes - the footer, without its length and the magic number
 * @param dataEnd - bytes of the file before the footer: all data lie there
 * @throws ParquetProblem if it is damaged, or says what cannot be: more rows than the file can hold, data outside it
 */
export function readFooter(bytes: Uint8Array, dataEnd: number): ParquetFooter {
  const raw = readThrift(bytes, 0, fileMetadata).value;
  if (raw.encryption) throw new ParquetProblem('a file that is not encrypted', 'an encrypted one');
  const columns = leaves(raw.schema);
  if (raw.orders && raw.orders.length < columns.length) {
    throw new ParquetProblem(`orders of ${columns.length} columns`, `${raw.orders.length}`);
  }
  // labels take a bit at least, unless they repeat
  const most = Math.max(1_000_000, 8 * dataEnd);
  const rows = within(raw.rows, most, 'rows');
  const groups = raw.groups.map((group) => {
    if (group.columns.length !== columns.length) {
      throw new ParquetProblem(`${columns.length} columns in each group of rows`, `${group.columns.length}`);
    }
    const groupRows = within(group.rows, most, 'rows in a group');
    const chunks = group.columns.map((chunk, i) =>
      chunkOf(chunk, columns[i] as ParquetColumn, groupRows, dataEnd),
    );
    return { rows: groupRows, chunks };
  });
  const inGroups = groups.reduce((sum, group) => sum + group.rows, 0);
  if (inGroups !== rows) throw new ParquetProblem(`${rows} rows in all groups`, `${inGroups}`);
  return { rows, columns, groups, metadata: raw.metadata ?? [] };
}

/** The columns of a schema, which is stored as a tree in depth-first order. */
function leaves(schema: readonly SchemaElement[]): ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  let next = 0;
  const visit = (above: readonly string[], definition: number, repetition: number): void => {
    const element = schema[next++];
    if (!element) throw new ParquetProblem('all elements of the schema', `${schema.length}`);
    if (above.length > DEEPEST_SCHEMA) throw new ParquetProblem(`at most ${DEEPEST_SCHEMA} levels`, 'more');
    const root = next === 1;
    const kind = root ? 0 : element.repetition;
    if (kind !== 0 && kind !== OPTIONAL && kind !== REPEATED) {
      throw new ParquetProblem('a column that is required, optional or repeated', `kind ${kind ?? 'none'}`);
    }
    const path = root ? above : [...above, element.name];
    const definitionLevels = definition + (kind === 0 ? 0 : 1);
    const repetitionLevels = repetition + (kind === REPEATED ? 1 : 0);
    if (element.children === undefined || (element.children === 0 && element.type !== undefined)) {
      columns.push({ ...leaf(element, path), definitionLevels, repetitionLevels });
      return;
    }
    if (element.type !== undefined || element.children < 0 || element.children > schema.length - next) {
      throw new ParquetProblem(`children of ${path.join('.') || 'the schema'}`, `${element.children}`);
    }
    for (let child = 0; child < element.children; child++) visit(path, definitionLevels, repetitionLevels);
  };
  visit([], 0, 0);
  if (next !== schema.length) throw new ParquetProblem(`${next} elements in the schema`, `${schema.length}`);
  return columns;
}

/** Meanings as older writers store them, by their numbers. */
const convertedTypes = [
  'text',
  'map',
  'map',
  'list',
  'enum',
  'decimal',
  'date',
  'time',
  'time',
  'timestamp',
  'timestamp',
  ...Array.from({ length: 8 }, () => 'int'),
  'json',
  'bson',
  'interval',
];
const byteArrays: readonly PhysicalType[] = ['BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'];
const integers: readonly PhysicalType[] = ['INT32', 'INT64'];
/** How values of each meaning may be stored. */
const storedAs: { readonly [meaning: string]: readonly PhysicalType[] | undefined } = {
  text: ['BYTE_ARRAY'],
  enum: ['BYTE_ARRAY'],
  json: ['BYTE_ARRAY'],
  bson: ['BYTE_ARRAY'],
  decimal: [...integers, ...byteArrays],
  date: ['INT32'],
  time: integers,
  timestamp: ['INT64'],
  int: integers,
  null: physicalTypes,
  uuid: ['FIXED_LEN_BYTE_ARRAY'],
  float16: ['FIXED_LEN_BYTE_ARRAY'],
  interval: ['FIXED_LEN_BYTE_ARRAY'],
};
/** Those of integers without a sign. */
const UINT_8 = 11;
const UINT_64 = 14;

function leaf(
  element: SchemaElement,
  path: readonly string[],
): Pick<ParquetColumn, 'path' | 'type' | 'typeLength' | 'meaning' | 'unsigned' | 'bits'> {
  const type = physicalTypes[element.type ?? -1];
  if (!type) throw new ParquetProblem(`a type of column ${path.join('.')}`, `${element.type ?? 'none'}`);
  const typeLength = element.typeLength ?? 0;
  if (type === 'FIXED_LEN_BYTE_ARRAY' && typeLength < 1) {
    throw new ParquetProblem('a fixed length above 0', `${typeLength}`);
  }
  const { logicalType: logical, convertedType: converted } = element;
  const kinds = Object.entries(logical ?? {}).filter(([, value]) => value !== undefined);
  if (kinds.length > 1)
    throw new ParquetProblem('one meaning of a column', kinds.map(([name]) => name).join(', '));
  const convertedMeaning =
    converted === undefined ? undefined : (convertedTypes[converted] ?? `kind ${converted}`);
  const logicalMeaning =
    kinds.length === 0
      ? undefined
      : (kinds[0]?.[0] ?? '').replace('integer', 'int').replace('string', 'text');
  const meaning = logicalMeaning ?? convertedMeaning;
  const int = logical?.integer;
  const bits =
    int?.bits ?? (convertedMeaning === 'int' ? 8 * 2 ** (((converted ?? 0) - UINT_8) % 4) : undefined);
  const unsigned = int ? !int.signed : converted !== undefined && converted >= UINT_8 && converted <= UINT_64;
  if (logical && kinds.length === 0) {
    return { path, type, typeLength, meaning: 'an unknown kind', unsigned, bits: undefined };
  }
  const fits = meaning === undefined || (storedAs[meaning]?.includes(type) ?? false);
  const widths = type === 'INT64' ? [64] : [8, 16, 32];
  if (!fits || (bits !== undefined && !widths.includes(bits))) {
    throw new ParquetProblem(`a type of column ${path.join('.')}`, `${type} for ${meaning ?? 'nothing'}`);
  }
  return { path, type, typeLength, meaning, unsigned, bits };
}

function chunkOf(raw: RawChunk, column: ParquetColumn, rows: number, dataEnd: number): ParquetChunk {
  const { metadata } = raw;
  const name = column.path.join('.');
  if (raw.file !== undefined) throw new ParquetProblem(`column ${name} in the same file`, 'another file');
  if (raw.encryption ?? raw.encrypted) throw new ParquetProblem(`column ${name} not encrypted`, 'it is');
  if (!metadata) throw new ParquetProblem(`metadata of column ${name}`, 'none');
  if (physicalTypes[metadata.type] !== column.type) {
    throw new ParquetProblem(
      `${column.type} in column ${name}`,
      physicalTypes[metadata.type] ?? `type ${metadata.type}`,
    );
  }
  if (metadata.path.join('.') !== name) throw new ParquetProblem(`column ${name}`, metadata.path.join('.'));
  const dataOffset = within(metadata.dataOffset, dataEnd, `offset of column ${name}`);
  const dictionaryOffset = within(metadata.dictionaryOffset ?? 0n, dataEnd, `dictionary of column ${name}`);
  const start = dictionaryOffset > 0 && dictionaryOffset < dataOffset ? dictionaryOffset : dataOffset;
  const size = within(metadata.compressedSize, dataEnd - start, `bytes of column ${name}`);
  const values = within(metadata.values, Number.MAX_SAFE_INTEGER, `values of column ${name}`);
  if (column.repetitionLevels === 0 && values !== rows) {
    throw new ParquetProblem(`${rows} values in column ${name}`, `${values}`);
  }
  const { sizes, statistics: { nulls } = {} } = metadata;
  for (const [histogram, levels] of [
    [sizes?.definition, column.definitionLevels],
    [sizes?.repetition, column.repetitionLevels],
  ] as const) {
    if (histogram && histogram.length > 0 && histogram.length !== levels + 1) {
      throw new ParquetProblem(`counts of ${levels + 1} levels in column ${name}`, `${histogram.length}`);
    }
  }
  return {
    column,
    codec: metadata.codec,
    values,
    nulls: nulls === undefined ? undefined : within(nulls, values, `nulls in column ${name}`),
    start,
    end: start + size,
  };
}

/** A number of the file that must be at most `most`. */
function within(value: bigint, most: number, what: string): number {
  if (value >= 0n && value <= BigInt(most)) return Number(value);
  throw new ParquetProblem(`${what}: 0 to ${most}`, `${value}`);
}
