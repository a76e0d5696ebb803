import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { cifar10Categories, cifar10CategoryOf, cifar10Classes } from './cifar10-classes.js';
import {
  type CifarNames,
  type CifarRecords,
  IMAGE_BYTES,
  assertRecordFileSize,
  cifarDataset,
  interleave,
  statisticsOf,
} from './cifar-images.js';
import { DataError } from '../data-error.js';
import type { FoundImages, PassedOver } from '../found-images.js';
import { contentsOf } from '../places/file-contents.js';
import { isFile } from '../places/is-file.js';
import type { InMemoryDataset } from '../in-memory-dataset.js';

/** Numbers of records, for files in CIFAR-10's format other than the official ones. */
export interface Cifar10Sizes {
  /** Records of each `data_batch_N.bin`. Default 10,000. */
  readonly batch?: number | undefined;
  /** Records of `test_batch.bin`. Default 10,000. */
  readonly test?: number | undefined;
}

const trainingFiles = [
  'data_batch_1.bin',
  'data_batch_2.bin',
  'data_batch_3.bin',
  'data_batch_4.bin',
  'data_batch_5.bin',
];
const TEST_FILE = 'test_batch.bin';
const NAMES_FILE = 'batches.meta.txt';
const FOLDER = 'cifar-10-batches-bin';
/** Bytes of a record: label, red, green and blue planes. */
const RECORD_BYTES = 1 + IMAGE_BYTES;

const names: CifarNames = {
  name: 'cifar10',
  classNames: cifar10Classes,
  categoryNames: cifar10Categories,
  categoryOf: cifar10CategoryOf,
};

const DAMAGED =
  'The file is damaged or not the CIFAR-10 binary version: unpack cifar-10-binary.tar.gz again.';
const SOURCE =
  'Download the "CIFAR-10 binary version" (cifar-10-binary.tar.gz, 162 MB) from its authors\' page, https://www.cs.toronto.edu/~kriz/cifar.html, unpack it, and pass the folder that contains data_batch_1.bin and test_batch.bin.';

/**
 * Reads both splits of the CIFAR-10 binary version (A. Krizhevsky, 2009) and checks every label. Training batches may be
 * missing, which `found` of the training split says; its channel statistics, which normalise both splits, are then those
 * of the batches that are there.
 *
 * @param directory - the folder with `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin`, or its parent with
 *   `cifar-10-batches-bin` in it
 * @param sizes - numbers of records, for smaller files in the same format
 * @throws DataError (`DMNN_DATA`) if the test batch or every training batch is missing, or a file is truncated,
 *   mislabelled or a copy of another; the message names file, record and byte. RangeError if a size is not an integer ≥ 1.
 * @example
 * ```ts
 * import { DataError, loadCifar10 } from '@dmnn/data';
 *
 * try {
 *   const { train, test } = await loadCifar10('/no/such/folder');
 *   console.log(train.found?.remarks, test.classNames[test.label(0)]);
 * } catch (error) {
 *   if (!(error instanceof DataError)) throw error;
 *   console.log(error.code, error.got); // => DMNN_DATA nothing of that name
 * }
 * ```
 */
export async function loadCifar10(
  directory: string,
  sizes: Cifar10Sizes = {},
): Promise<{ train: InMemoryDataset; test: InMemoryDataset }> {
  const { batch = 10_000, test: testSize = 10_000 } = sizes;
  for (const [name, size] of Object.entries({ batch, test: testSize })) {
    if (Number.isInteger(size) && size > 0) continue;
    throw new RangeError(`sizes.${name}: expected an integer ≥ 1 (records), got ${size}`);
  }
  const { folder, batches } = await findFolder(directory);
  await checkClassNames(folder);
  const digests = new Map<string, string>();
  const read = async (name: string, records: number): Promise<CifarRecords> => {
    const file = join(folder, name);
    const bytes = await contentsOf(file);
    const split = readRecords(bytes, file, records);
    assertNoCopy(digests, file, name, bytes);
    return split;
  };
  const parts: CifarRecords[] = [];
  for (const name of batches) parts.push(await read(name, batch));
  const records = joined(parts);
  const complete = batches.length === trainingFiles.length;
  assertEven(records.labels, { file: folder, exact: complete, of: trainingFiles.length * batch });
  const testRecords = await read(TEST_FILE, testSize);
  assertEven(testRecords.labels, { file: join(folder, TEST_FILE), exact: true, of: testSize });
  const statistics = statisticsOf(records);
  const facts = { trainingBatches: batches.map((name) => /\d/.exec(name)?.[0]).join(',') };
  const found = await foundIn(folder, batches, { batch, labels: records.labels });
  return {
    train: cifarDataset(names, { split: 'train', records, statistics, found, facts }),
    test: cifarDataset(names, { split: 'test', records: testRecords, statistics }),
  };
}

function readRecords(bytes: Uint8Array, file: string, records: number): CifarRecords {
  assertRecordFileSize(bytes.length, { file, records, recordBytes: RECORD_BYTES, remedy: DAMAGED });
  const labels = new Uint8Array(records);
  const pixels = new Uint8Array(records * IMAGE_BYTES);
  for (let record = 0; record < records; record++) {
    const byteOffset = record * RECORD_BYTES;
    const label = bytes[byteOffset] as number;
    if (label >= cifar10Classes.length) {
      const expected = `a label from 0 to ${cifar10Classes.length - 1}`;
      throw new DataError({ file, record, byteOffset, expected, got: String(label), remedy: DAMAGED });
    }
    labels[record] = label;
    interleave(bytes, byteOffset + 1, pixels, record * IMAGE_BYTES);
  }
  return { labels, pixels };
}

/** Two batches with the same bytes: one was copied over another, and its images would count twice. */
function assertNoCopy(digests: Map<string, string>, file: string, name: string, bytes: Uint8Array): void {
  const digest = createHash('sha256').update(bytes).digest('hex');
  const same = digests.get(digest);
  digests.set(digest, name);
  if (same === undefined) return;
  throw new DataError({
    file,
    expected: `images other than those of ${same}`,
    got: `the same bytes as ${same}`,
    remedy: 'One is a copy of the other: unpack cifar-10-binary.tar.gz again.',
  });
}

function joined(parts: readonly CifarRecords[]): CifarRecords {
  const labels = new Uint8Array(parts.reduce((sum, part) => sum + part.labels.length, 0));
  const pixels = new Uint8Array(labels.length * IMAGE_BYTES);
  let at = 0;
  for (const part of parts) {
    labels.set(part.labels, at);
    pixels.set(part.pixels, at * IMAGE_BYTES);
    at += part.labels.length;
  }
  return { labels, pixels };
}

/** The whole training split and the test split have equally many images of every class; a part has at most as many. */
function assertEven(
  labels: Uint8Array,
  { file, exact, of }: { readonly file: string; readonly exact: boolean; readonly of: number },
): void {
  const share = of / cifar10Classes.length;
  if (!Number.isInteger(share)) return;
  const perClass = new Uint32Array(cifar10Classes.length);
  for (const label of labels) perClass[label] = (perClass[label] as number) + 1;
  const wrong = perClass.findIndex((count) => (exact ? count !== share : count > share));
  if (wrong < 0) return;
  throw new DataError({
    file,
    expected: `${exact ? '' : 'at most '}${share} images of every class`,
    got: `${perClass[wrong] as number} of class ${wrong} (${cifar10Classes[wrong] as string})`,
    remedy: DAMAGED,
  });
}

/** The list of class names next to the batches need not be there; a list of others belongs to other data. */
async function checkClassNames(folder: string): Promise<void> {
  const file = join(folder, NAMES_FILE);
  if (!(await isFile(file))) return;
  const listed = new TextDecoder()
    .decode(await contentsOf(file))
    .trim()
    .split(/\s*\n\s*/);
  const differing = cifar10Classes.findIndex((name, index) => listed[index] !== name);
  if (differing < 0 && listed.length === cifar10Classes.length) return;
  const at = differing < 0 ? cifar10Classes.length : differing;
  throw new DataError({
    file,
    record: at,
    expected: cifar10Classes[at] ?? `${cifar10Classes.length} class names`,
    got: listed[at] === undefined || listed[at] === '' ? 'the end of the list' : JSON.stringify(listed[at]),
    remedy: DAMAGED,
  });
}

/** What the training split lacks, and what else lies in the folder. */
async function foundIn(
  folder: string,
  batches: readonly string[],
  { batch, labels }: { readonly batch: number; readonly labels: Uint8Array },
): Promise<FoundImages> {
  const missing = trainingFiles.filter((name) => !batches.includes(name));
  const known = [...trainingFiles, TEST_FILE, NAMES_FILE, 'readme.html'];
  const others = (await readdir(folder)).filter((name) => !known.includes(name)).sort();
  const byExtension = new Map<string, string[]>();
  for (const name of others) {
    const extension = extname(name);
    byExtension.set(extension, [...(byExtension.get(extension) ?? []), name]);
  }
  const passedOver = [...byExtension].map(([extension, [example = '', ...more]]): PassedOver => ({
    reason: 'not of the binary version',
    unit: 'file',
    extension: extension === '' ? undefined : extension,
    count: 1 + more.length,
    example,
  }));
  const remark =
    `${missing.length} of ${trainingFiles.length} training batches are missing (${missing.join(', ')}), ` +
    `so there are ${labels.length} of ${trainingFiles.length * batch} training images`;
  return { classes: new Set(labels).size, passedOver, remarks: missing.length > 0 ? [remark] : [] };
}

/** The folder of the files, `directory` itself or `cifar-10-batches-bin` in it, and its training batches. */
async function findFolder(directory: string): Promise<{ folder: string; batches: string[] }> {
  const candidates = await Promise.all(
    [directory, join(directory, FOLDER)].map(async (folder) => {
      const present = await Promise.all(
        [...trainingFiles, TEST_FILE].map((name) => isFile(join(folder, name))),
      );
      return {
        folder,
        batches: trainingFiles.filter((_, at) => present[at]),
        test: present.at(-1) === true,
      };
    }),
  );
  const whole = candidates.find(({ batches, test }) => test && batches.length > 0);
  if (whole) return whole;
  const partly = candidates.find(({ batches, test }) => test || batches.length > 0);
  throw new DataError({
    file: partly?.folder ?? directory,
    expected: `a folder with ${TEST_FILE} and at least one of ${trainingFiles[0] as string} to ${trainingFiles.at(-1) as string}`,
    got: partly
      ? `a folder without ${partly.test ? 'training batches' : TEST_FILE}`
      : await whatIsThere(directory),
    remedy: SOURCE,
  });
}

async function whatIsThere(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => undefined);
  if (!found) return 'nothing of that name';
  if (!found.isDirectory()) return 'a file';
  const present = await readdir(directory);
  const others: Readonly<Record<string, string>> = {
    'cifar-10-binary.tar.gz': 'the archive cifar-10-binary.tar.gz, not unpacked',
    data_batch_1: PYTHON,
    'batches.meta': PYTHON,
    'cifar-10-batches-py': PYTHON,
    'cifar-10-python.tar.gz': PYTHON,
    'batches.meta.mat': 'the Matlab version of CIFAR-10',
    'cifar-10-batches-mat': 'the Matlab version of CIFAR-10',
    'train.bin': 'CIFAR-100, which cifar100=PATH reads',
    'cifar-100-binary': 'CIFAR-100, which cifar100=PATH reads',
  };
  const key = Object.keys(others).find((name) => present.includes(name));
  return key === undefined ? 'a folder without them' : (others[key] as string);
}

const PYTHON = 'the Python version of CIFAR-10';
