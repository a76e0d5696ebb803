import type { ParquetFooter } from './footer.js';
import { ParquetProblem } from './parquet-error.js';
import { utf8 } from './thrift.js';

/**
 * A text that the writer of a file added to it.
 *
 * @returns undefined if there is none
 * @throws ParquetProblem if there are several with this key, or it is not UTF-8
 */
export function metadataOf({ metadata }: Pick<ParquetFooter, 'metadata'>, key: string): string | undefined {
  const found = metadata.filter((entry) => Buffer.from(entry.key).toString('latin1') === key);
  if (found.length > 1) throw new ParquetProblem(`one entry ${key} in the metadata`, `${found.length}`);
  return found[0]?.value && utf8(found[0].value);
}
