import { join } from 'node:path';
import { RunFolderError } from './run-folder-error.js';
import { type RunFileSystem, nodeFileSystem } from './run-file-system.js';

/** A line of `metrics.jsonl`: `kind` and what belongs to it. All that depends on the clock stands under `clock`. */
export interface MetricsRecord {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** A run's `metrics.jsonl`: one JSON value a line, only ever added to, cut back to a checkpoint's length on resuming. */
export class MetricsLog {
  readonly #path: string;
  readonly #disk: RunFileSystem;
  #bytes: number;

  private constructor(path: string, disk: RunFileSystem, bytes: number) {
    this.#path = path;
    this.#disk = disk;
    this.#bytes = bytes;
  }

  /**
   * Opens the log of a run folder and cuts it to `bytes`.
   *
   * @param bytes - length at the checkpoint that is resumed; 0 to begin anew
   * @throws RunFolderError if it is shorter than that
   */
  static async open(folder: string, bytes: number, disk: RunFileSystem): Promise<MetricsLog> {
    const path = metricsPath(folder);
    const size = (await disk.size(path)) ?? 0;
    if (size < bytes) {
      throw new RunFolderError(
        'DMNN_RUN_FOLDER',
        folder,
        `metrics.jsonl: expected at least the ${bytes} bytes of the checkpoint, got ${size}. Put the whole file back, or start a new run.`,
      );
    }
    if (size === 0) await disk.writeFile(path, new Uint8Array());
    else await disk.truncate(path, bytes);
    return new MetricsLog(path, disk, bytes);
  }

  /** Length so far, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What stands in it. */
  async records(): Promise<MetricsRecord[]> {
    return parseMetrics(await this.#disk.readFile(this.#path));
  }

  /** Adds one line. */
  async append(record: MetricsRecord): Promise<void> {
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
 * The lines of a run's `metrics.jsonl`, in order: kinds `start`, `step`, `epoch`, `alarm` and `environment`. A last line that a running
 * trainer has not finished is left out.
 *
 * @param folder - the run folder
 * @returns an empty list if there is no log yet
 * @throws SyntaxError if a finished line is not JSON
 */
export async function readMetrics(folder: string): Promise<MetricsRecord[]> {
  const path = metricsPath(folder);
  if ((await nodeFileSystem.size(path)) === undefined) return [];
  return parseMetrics(await nodeFileSystem.readFile(path));
}

/** The finished lines of a log. @throws SyntaxError if one is not JSON */
export function parseMetrics(bytes: Uint8Array): MetricsRecord[] {
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as MetricsRecord);
}

function metricsPath(folder: string): string {
  return join(folder, 'metrics.jsonl');
}
