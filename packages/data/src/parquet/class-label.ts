import { JsonError, parseJson } from '@dmnn/foundation';
import { readArrowSchema } from './arrow-schema.js';
import type { ParquetFooter } from './footer.js';
import { ParquetProblem } from './parquet-error.js';
import { utf8 } from './thrift.js';

/**
 * The names of the classes that numbers in a column stand for, if the file says so: a `ClassLabel` of Hugging Face's
 * `datasets`, which writes its features to the metadata `huggingface` of the file and of its Arrow schema.
 *
 * @returns `[number]`; undefined if the file names no classes
 * @throws ParquetProblem if the metadata are damaged, or two places disagree
 */
export function classLabelNames(footer: ParquetFooter, column: string): readonly string[] | undefined {
  const direct = metadataOf(footer, 'huggingface');
  const arrow = metadataOf(footer, 'ARROW:schema');
  const inArrow = arrow === undefined ? undefined : readArrowSchema(arrow).metadata.get('huggingface');
  const [first, second] = [direct, inArrow].map((json) =>
    json === undefined ? undefined : namesIn(json, column),
  );
  if (first && second && !(first.length === second.length && first.every((name, i) => name === second[i]))) {
    throw new ParquetProblem(
      'the same classes in the metadata huggingface and ARROW:schema',
      'different ones',
    );
  }
  const names = first ?? second;
  // a ClassLabel without names gets the numbers as names, which say nothing
  return names?.every((name, i) => name === String(i)) ? undefined : names;
}

function metadataOf({ metadata }: ParquetFooter, key: string): string | undefined {
  const found = metadata.filter((entry) => Buffer.from(entry.key).toString('latin1') === key);
  if (found.length > 1) throw new ParquetProblem(`one entry ${key} in the metadata`, `${found.length}`);
  return found[0]?.value && utf8(found[0].value);
}

function namesIn(json: string, column: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = parseJson(json);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new ParquetProblem('JSON in the metadata huggingface', error.message);
  }
  const feature = member(member(member(value, 'info'), 'features'), column);
  if (member(feature, '_type') !== 'ClassLabel') return undefined;
  const names = member(feature, 'names');
  if (names === undefined || names === null) return undefined;
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw new ParquetProblem(
    `a list of names of ${column} in the metadata huggingface`,
    JSON.stringify(names).slice(0, 80),
  );
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: unknown })[name]
    : undefined;
}
