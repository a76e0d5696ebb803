import { JsonError, parseJson } from '@dmnn/foundation';
import { arrowSchemaOf } from './arrow-schema.js';
import { metadataOf } from './file-metadata.js';
import type { ParquetFooter } from './footer.js';
import { ParquetProblem } from './parquet-error.js';

/** What a file says of the numbers in a column of classes. */
export interface ClassLabel {
  /** `[number]`: names of the classes; undefined if the file has none, or numbers in order, which say nothing. */
  readonly names: readonly string[] | undefined;
  /** How many classes there are; undefined if the file does not say it. */
  readonly classes: number | undefined;
}

/**
 * What the numbers in a column stand for, if the file says so: a `ClassLabel` of Hugging Face's `datasets`, which writes
 * its features to the metadata `huggingface` of the file and of its Arrow schema.
 *
 * @throws ParquetProblem if the metadata are damaged, two places disagree, or a list of names is empty or not where it
 * would be read
 */
export function classLabelOf(footer: ParquetFooter, column: string): ClassLabel {
  const direct = metadataOf(footer, 'huggingface');
  const inArrow = arrowSchemaOf(footer)?.metadata.get('huggingface');
  const [first, second] = [direct, inArrow].map((json) =>
    json === undefined ? undefined : labelIn(json, column),
  );
  if (first && second && JSON.stringify(first) !== JSON.stringify(second)) {
    throw new ParquetProblem(
      'the same classes in the metadata huggingface and ARROW:schema',
      'different ones',
    );
  }
  return first ?? second ?? { names: undefined, classes: undefined };
}

/** @returns undefined if the column is not described as one of classes */
function labelIn(json: string, column: string): ClassLabel | undefined {
  let value: unknown;
  try {
    value = parseJson(json);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new ParquetProblem('JSON in the metadata huggingface', error.message);
  }
  // `datasets` writes `info`; some tools write the features alone
  const features = member(member(value, 'info'), 'features') ?? member(value, 'features');
  const feature = member(features, column);
  if (member(feature, '_type') !== 'ClassLabel') {
    if (!JSON.stringify(feature ?? null).includes('"ClassLabel"')) return undefined;
    throw new ParquetProblem(
      `a ClassLabel for ${column} in the metadata huggingface`,
      JSON.stringify(feature).slice(0, 80),
    );
  }
  const classes = countIn(member(feature, 'num_classes'), column);
  const names = member(feature, 'names');
  if (names === undefined || names === null) return { names: undefined, classes };
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string') || names.length === 0) {
    throw new ParquetProblem(
      `a list of names of ${column} in the metadata huggingface`,
      Array.isArray(names) && names.length === 0 ? 'an empty one' : JSON.stringify(names).slice(0, 80),
      'Write the file with the names of its classes, or without a ClassLabel.',
    );
  }
  if (classes !== undefined && classes !== names.length) {
    throw new ParquetProblem(`${classes} names, as num_classes of ${column} says`, `${names.length}`);
  }
  // a ClassLabel that was made without names gets the numbers as names
  const isNumbers = names.every((name, i) => name === String(i));
  return { names: isNumbers ? undefined : names, classes: names.length };
}

function countIn(value: unknown, column: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new ParquetProblem(`num_classes of ${column} to be at least 1`, JSON.stringify(value).slice(0, 80));
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: unknown })[name]
    : undefined;
}
