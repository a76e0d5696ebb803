import { basename, dirname, join } from 'node:path';
import { type FileSystem, nodeFileSystem, writeFileDurably } from '@dmnn/foundation/node';
import { describeLineProblems } from '../metrics/metrics-error.js';
import type { ReadLinesOptions } from '../metrics/metrics-line.js';
import type { MetricsRecord, WrittenRecord } from '../metrics/metrics-record.js';
import { parseMetrics, recordLines } from '../metrics/parse-metrics.js';
import { summedLine } from '../metrics/summed-lines.js';
import { type LogPlace, lineOf, repairedLog } from './repaired-log.js';

/**
 * A run's `metrics.jsonl`: one JSON value a line, each with a checksum; only ever added to, cut back to a checkpoint's length
 * on resuming.
 */
export class MetricsLog {
  /** The lines that it held when it was opened. */
  readonly records: readonly MetricsRecord[];
  readonly #path: string;
  readonly #disk: FileSystem;
  #bytes: number;
  #sum: number;

  private constructor(
    path: string,
    disk: FileSystem,
    { records, bytes, sum }: { records: readonly MetricsRecord[]; bytes: number; sum: number },
  ) {
    this.records = records;
    this.#path = path;
    this.#disk = disk;
    this.#bytes = bytes;
    this.#sum = sum;
  }

  /**
   * Opens the log of a run folder and cuts it to a checkpoint. Where the log is damaged, or shorter than it was at the
   * checkpoint, the run goes on with the intact lines; a line of kind `lost` says so, and a damaged file is kept under
   * another name.
   *
   * @param place - of the checkpoint that is resumed, or of the start of a new run
   * @param warn - called with what is lost
   */
  static async open(
    folder: string,
    place: LogPlace,
    disk: FileSystem,
    warn: (message: string) => void,
  ): Promise<MetricsLog> {
    const path = metricsPath(folder);
    const isThere = (await disk.size(path)) !== undefined;
    const bytes = isThere ? await disk.readFile(path) : new Uint8Array();
    const { lines, problems, end, sum } = recordLines(bytes.subarray(0, place.logBytes));
    if (problems.length > 0 || end !== place.logBytes)
      return MetricsLog.#repair(path, bytes, place, disk, warn);
    if (isThere) await disk.truncate(path, end);
    else await disk.writeFile(path, new Uint8Array());
    return new MetricsLog(path, disk, { records: lines.map(({ value }) => value), bytes: end, sum });
  }

  static async #repair(
    path: string,
    found: Uint8Array,
    place: LogPlace,
    disk: FileSystem,
    warn: (message: string) => void,
  ): Promise<MetricsLog> {
    const { records, bytes, sum, damaged, isShort } = repairedLog(found, place);
    const kept = damaged.length > 0 ? await keepDamaged(path, found, disk) : undefined;
    await writeFileDurably(path, bytes, disk);
    const log = new MetricsLog(path, disk, { records, bytes: bytes.length, sum });
    if (damaged.length === 0 && !isShort) return log;
    const lost = isShort
      ? [`expected the ${place.logBytes} bytes of the checkpoint of step ${place.step}, got ${found.length}`]
      : damaged.map(({ line, problem }) => `line ${line}: ${problem}`);
    const what = isShort ? lost.join('') : `expected intact lines, got ${describeLineProblems(damaged)}`;
    const where = kept === undefined ? '' : `; the file is kept as ${basename(kept)}`;
    warn(`${path}: ${what}. The run goes on with the ${records.length} lines that are intact${where}`);
    await log.append({ kind: 'lost', step: place.step, problems: lost });
    await log.sync();
    return log;
  }

  /** Length so far, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds one line. */
  async append(record: WrittenRecord): Promise<void> {
    const { bytes, sum } = summedLine(lineOf(record), 'clock', this.#sum);
    await this.#disk.append(this.#path, bytes);
    this.#bytes += bytes.length;
    this.#sum = sum;
  }

  /** Waits until all lines are on the disk. */
  async sync(): Promise<void> {
    await this.#disk.sync(this.#path);
  }
}

/** Copies a damaged log, so that nothing in it is lost. @returns where to */
async function keepDamaged(path: string, bytes: Uint8Array, disk: FileSystem): Promise<string> {
  const names = await disk.list(dirname(path));
  for (let number = 1; ; number++) {
    const copy = `${path}.damaged-${number}`;
    if (names.includes(basename(copy))) continue;
    await writeFileDurably(copy, bytes, disk);
    return copy;
  }
}

/** Options of {@link readMetrics}. */
export type ReadMetricsOptions = Pick<ReadLinesOptions, 'onProblems'>;

/**
 * The lines of a run's `metrics.jsonl`, in order. A last line that a running trainer has not finished is left out.
 *
 * @param folder - the run folder
 * @param options - what to do with damaged lines
 * @returns an empty list if there is no log yet
 * @throws MetricsError naming the lines, if some were changed, removed or added since they were written, are not JSON, or lack
 *   what their kind has; with `onProblems` they are left out
 */
export async function readMetrics(
  folder: string,
  options: ReadMetricsOptions = {},
): Promise<MetricsRecord[]> {
  const path = metricsPath(folder);
  if ((await nodeFileSystem.size(path)) === undefined) return [];
  return parseMetrics(await nodeFileSystem.readFile(path), { ...options, file: path });
}

/** The log of a run. */
export function metricsPath(folder: string): string {
  return join(folder, 'metrics.jsonl');
}
