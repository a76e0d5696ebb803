import { Worker } from 'node:worker_threads';
import { closeAfter, printable } from '@dmnn/foundation';
import { type Hdf5Contents, type Hdf5Dataset, KerasFileError } from '@dmnn/import';

/** Options of {@link readHdf5}. */
export interface ReadHdf5Options {
  /** After so long, the thread is ended. @defaultValue a minute, and a second for each 5 MB */
  readonly timeLimitMs?: number | undefined;
}

/** What the thread sends. */
type Answer =
  | {
      readonly datasets: readonly (readonly [string, Hdf5Dataset])[];
      readonly attributes: readonly (readonly [string, string])[];
    }
  | { readonly failed: string; readonly isOurs: boolean };

const FIRST_MS = 60_000;
const BYTES_PER_MS = 5_000;

/**
 * Reads an HDF5 file with `h5wasm`, the HDF5 library in WebAssembly, in a thread of its own, which has the file in its memory
 * and no other file. A damaged file can stop the library or keep it running; then the thread is ended, and nothing else.
 *
 * @throws KerasFileError if it cannot be read, or takes longer than the limit
 */
export async function readHdf5(
  bytes: Uint8Array,
  { timeLimitMs = FIRST_MS + bytes.length / BYTES_PER_MS }: ReadHdf5Options = {},
): Promise<Hdf5Contents> {
  // views of one place in the file are copies here, so all together may be larger than it
  const workerData = {
    h5wasm: import.meta.resolve('h5wasm'),
    bytes,
    mostBytes: 16 * bytes.length + 1_000_000,
  };
  // what the library says of a file goes to the streams of its thread, not to ours
  const worker = new Worker(SOURCE, { eval: true, execArgv: [], workerData, stdout: true, stderr: true });
  let timer: NodeJS.Timeout | undefined;
  const reading = async () => {
    const answer = await new Promise<Answer>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(bad('time', `expected an end of reading within ${timeLimitMs / 1000} s, got none`));
      }, timeLimitMs);
      worker.once('message', resolve);
      worker.once('error', (error) => {
        const failed = error instanceof Error ? error.message : String(error);
        reject(bad('hdf5', `expected an HDF5 file in order, got ${whatFailed({ failed, isOurs: false })}`));
      });
      worker.once('exit', (code) => {
        reject(bad('hdf5', `expected an HDF5 file in order, got exit code ${code} of its reader`));
      });
    });
    if ('failed' in answer) throw bad('hdf5', `expected an HDF5 file in order, got ${whatFailed(answer)}`);
    return { datasets: new Map(answer.datasets), attributes: new Map(answer.attributes) };
  };
  return closeAfter(
    reading,
    () => {
      clearTimeout(timer);
    },
    () => worker.terminate(),
  );
}

/** The library's messages are of its own functions, and often of what failed after the damage. */
function whatFailed({ failed, isOurs }: { readonly failed: string; readonly isOurs: boolean }): string {
  if (isOurs) return failed;
  const [first = ''] = failed.split('\n');
  return `one that the HDF5 library cannot read, as if it were damaged or cut off (it says: ${printable(first, 100)})`;
}

function bad(fault: 'hdf5' | 'time', what: string): KerasFileError {
  return new KerasFileError(fault, `${printable(what, 300)}. Download or copy the file again.`);
}

/** The thread's program, as text because Node cannot run the TypeScript sources in tests. */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { bytes, mostBytes } = workerData;
class Refused extends Error {}
const KINDS = { 0: { true: 'i', false: 'u' }, 1: { true: 'f', false: 'f' } };

import(workerData.h5wasm).then(async ({ ready, File, Group, Dataset }) => {
  const library = await ready;
  library.FS.writeFile('/model.h5', bytes);
  const file = new File('/model.h5', 'r');
  const datasets = [];
  let left = mostBytes;
  let objects = 0;
  const walk = (group, prefix, depth) => {
    if (depth > 40) throw new Refused('groups in each other without an end');
    for (const name of group.keys()) {
      if (++objects > 200000) throw new Refused('more than 200000 objects');
      const path = prefix + name;
      const kind = group.get_type('/' + path);
      if (kind === library.H5G_LINK || kind === library.H5G_UDLINK) throw new Refused('a link at ' + path);
      const one = group.get(name);
      if (one instanceof Group) walk(one, path + '/', depth + 1);
      else if (one instanceof Dataset) datasets.push([path, read(one)]);
    }
  };
  const read = (dataset) => {
    const { shape, size, total_size: count, type, signed, littleEndian, vlen } = dataset.metadata;
    const letter = KINDS[type] && KINDS[type][String(signed)];
    const isPlain = shape !== null && letter !== undefined && littleEndian && !vlen;
    if (!isPlain) return { shape: shape ?? [], dtype: dataset.dtype === 'S' ? 'text' : 'unknown', bytes: new Uint8Array() };
    const length = size * count;
    if (!(length <= left)) throw new Refused('arrays that are larger than the file accounts for');
    left -= length;
    const at = library._malloc(length);
    if (length > 0 && at === 0) throw new Refused('more memory than there is');
    library.get_dataset_data(dataset.file_id, dataset.path, null, null, null, BigInt(at));
    const bytes = library.HEAPU8.slice(at, at + length);
    library._free(at);
    return { shape, dtype: (length === 0 || size > 1 ? '<' : '|') + letter + size, bytes };
  };
  walk(file, '', 0);
  const attributes = [];
  for (const [name, attribute] of Object.entries(file.attrs)) {
    const value = attribute.value;
    if (typeof value === 'string') attributes.push([name, value]);
  }
  parentPort.postMessage({ datasets, attributes }, datasets.map(([, { bytes }]) => bytes.buffer));
}).catch((error) => parentPort.postMessage({ failed: String(error && error.message || error), isOurs: error instanceof Refused }));
`;
