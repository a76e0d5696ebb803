import { join } from 'node:path';
import { type FileSystem, nodeFileSystem } from '@dmnn/foundation/node';
import type { MetricsRecord, WrittenRecord } from '../metrics/metrics-record.js';
import { parseMetrics } from '../metrics/parse-metrics.js';
import { RunFolderError } from './run-folder-error.js';

/** A run's `metrics.jsonl`: one JSON value a line, only ever added to, cut back to a checkpoint's length on resuming. */
export class MetricsLog {
  readonly #path: string;
  readonly #disk: FileSystem;
  #bytes: number;

  private constructor(path: string, disk: FileSystem, bytes: number) {
    this.#path = path;
    this.#disk = disk;
    this.#bytes = bytes;
  }

  /**
   * Opens the log of a run folder and cuts it to `bytes`.
   *
   * @param bytes - length at the checkpoint that is resumed; 0 for a new run
   * @throws RunFolderError if it is shorter than that
   */
  static async open(folder: string, bytes: number, disk: FileSystem): Promise<MetricsLog> {
    const path = metricsPath(folder);
    const found = await disk.size(path);
    const size = found ?? 0;
    if (size < bytes) {
      throw new RunFolderError(
        'DMNN_RUN_FOLDER',
        folder,
        `metrics.jsonl: expected at least the ${bytes} bytes of the checkpoint, got ${size}. Put the whole file back, or start a new run.`,
      );
    }
    if (found === undefined) await disk.writeFile(path, new Uint8Array());
    else await disk.truncate(path, bytes);
    return new MetricsLog(path, disk, bytes);
  }

  /** Length so far, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The lines that it holds. @throws SyntaxError if one is not a line of a log */
  async records(): Promise<MetricsRecord[]> {
    return parseMetrics(await this.#disk.readFile(this.#path));
  }

  /** Adds one line. */
  async append(record: WrittenRecord): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(record)}\n`);
    await this.#disk.append(this.#path, bytes);
    this.#bytes += bytes.length;
  }

  /** Waits until all lines are on the disk. */
  async sync(): Promise<void> {
    await this.#disk.sync(this.#path);
  }
}

/**
 * The lines of a run's `metrics.jsonl`, in order. A last line that a running trainer has not finished is left out.
 *
 * @param folder - the run folder
 * @returns an empty list if there is no log yet
 * @throws SyntaxError naming the line, if a finished one is not JSON or lacks what its kind has
 */
export async function readMetrics(folder: string): Promise<MetricsRecord[]> {
  const path = metricsPath(folder);
  if ((await nodeFileSystem.size(path)) === undefined) return [];
  return parseMetrics(await nodeFileSystem.readFile(path));
}

function metricsPath(folder: string): string {
  return join(folder, 'metrics.jsonl');
}
