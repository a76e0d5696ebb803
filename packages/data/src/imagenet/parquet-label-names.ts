import { basename } from 'node:path';
import { DataError } from '../data-error.js';
import { openParquetFile } from '../parquet/parquet-file.js';
import { type LabelNames, type ParquetLabelColumn, parquetLabelColumn } from './parquet-labels.js';

/** Which names decide what the numbers of each file mean. */
interface GivenNames {
  /** Undefined for numbers that are ImageNet's, and for texts. */
  readonly of: (column: ParquetLabelColumn) => LabelNames | undefined;
  /** What was done, one sentence each. */
  readonly remarks: string[];
}

/**
 * Decides by which names the numbers in files of one split are read: by the file's own, or else by those of the other
 * files, or else by those of the other split's, since numbers mean the same in all files of a data set.
 *
 * @param otherFiles - finds the files of the other split
 * @throws DataError naming a file without names, if the others name different classes, or another number of them
 */
export async function givenNames(
  columns: readonly ParquetLabelColumn[],
  otherFiles: () => Promise<readonly string[]>,
): Promise<GivenNames> {
  const own = namesOf(columns);
  const numbered = columns.filter(({ numbers }) => numbers);
  const without = numbered.filter(({ file, names }) => !names && file.footer.rows > 0);
  const byNames = numbered.filter(({ names }) => names).length;
  const remarks: string[] = [];
  if (byNames > 0) {
    remarks.push(
      `${byNames} of ${columns.length} parquet files name the classes of their labels: numbers are read by these names.`,
    );
  }
  const lists = different(own);
  if (lists.length > 1) {
    remarks.push(`They name different classes, as ${list(lists)} do: each file is read by its own names.`);
  }
  let borrowed: LabelNames | undefined;
  const [first] = without;
  if (first) {
    const known = lists.length > 0 ? lists : different(namesOf(await columnsOf(await otherFiles())));
    borrowed = known[0];
    if (known.length > 1)
      throw undecided(first, `the same names in all files, not as in ${list(known)}`, 'none');
    const other = without.find(({ classes }) => borrowed && classes && classes !== borrowed.names.length);
    if (borrowed && other) {
      const expected = `${borrowed.names.length} classes, as in ${basename(borrowed.path)}`;
      throw undecided(other, expected, `${other.classes}, without names`);
    }
    if (borrowed) {
      const [files, their] = without.length === 1 ? ['file names', 'its'] : ['files name', 'their'];
      const example = `${basename(first.file.path)}${without.length > 1 ? ', …' : ''}`;
      remarks.push(
        `${without.length} parquet ${files} no classes (${example}): ${their} numbers are read by the names in ${basename(borrowed.path)}.`,
      );
    }
  }
  return {
    of: ({ file, names, numbers }) => (!numbers ? undefined : names ? { names, path: file.path } : borrowed),
    remarks,
  };
}

function namesOf(columns: readonly ParquetLabelColumn[]): LabelNames[] {
  return columns.flatMap(({ file: { path }, names }) => (names ? [{ names, path }] : []));
}

/** Each list of names once, with the first file that has it. */
function different(all: readonly LabelNames[]): LabelNames[] {
  const first = new Map<string, LabelNames>();
  for (const each of all) {
    const key = JSON.stringify(each.names);
    if (!first.has(key)) first.set(key, each);
  }
  return [...first.values()];
}

function list(names: readonly LabelNames[]): string {
  return names
    .slice(0, 2)
    .map(({ path }) => basename(path))
    .join(' and ');
}

/** Label columns of the other split. Whether its files are intact is for those to say who open it. */
async function columnsOf(files: readonly string[]): Promise<ParquetLabelColumn[]> {
  const columns: ParquetLabelColumn[] = [];
  for (const path of files) {
    try {
      columns.push(await parquetLabelColumn(await openParquetFile(path)));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
    }
  }
  return columns;
}

function undecided({ file }: ParquetLabelColumn, expected: string, got: string): DataError {
  const remedy = 'Write the names of the classes into the metadata of every file.';
  return new DataError({
    file: file.path,
    expected: `names of the classes of its labels: ${expected}`,
    got,
    remedy,
  });
}
