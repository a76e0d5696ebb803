import { join } from 'node:path';
import { type FileSystem, writeFileDurably } from '@dmnn/foundation/node';
import { type MetricsLine, metricsLines } from '../metrics/metrics-line.js';
import { encodeFileVersion, encodeScalars } from './encode-event.js';
import { framedRecord } from './framed-record.js';
import { recordScalars } from './record-scalars.js';

/** One file a run, found by TensorBoard through the `tfevents` in its name. */
const FILE_NAME = 'events.out.tfevents.dmnn';

/**
 * A run's metrics as TensorBoard reads them: all numbers of `metrics.jsonl`, line by line, and nothing else.
 *
 * It is a function of the log. So a run that is resumed writes it again from the log, which by then is cut back to the
 * checkpoint: no step that was undone remains, and none is there twice.
 */
export class EventFile {
  readonly #path: string;
  readonly #disk: FileSystem;
  #isBegun = false;

  private constructor(path: string, disk: FileSystem) {
    this.#path = path;
    this.#disk = disk;
  }

  /** Writes the file of a run folder from its log, as it stands; without a line in the log there is no file. */
  static async open(folder: string, disk: FileSystem): Promise<EventFile> {
    const file = new EventFile(join(folder, FILE_NAME), disk);
    const lines = metricsLines(await disk.readFile(join(folder, 'metrics.jsonl')));
    const frames = lines.flatMap((line) => file.#frames(line));
    if (frames.length > 0) await writeFileDurably(file.#path, joined(frames), disk);
    else await disk.remove(file.#path);
    return file;
  }

  /** Adds a line of the log. */
  async append(line: MetricsLine): Promise<void> {
    const frames = this.#frames(line);
    if (frames.length > 0) await this.#disk.append(this.#path, joined(frames));
  }

  #frames(line: MetricsLine): Uint8Array[] {
    const scalars = recordScalars(line);
    if (scalars.length === 0) return [];
    const wallTime = wallTimeSeconds(line);
    const head = this.#isBegun ? [] : [encodeFileVersion(wallTime)];
    this.#isBegun = true;
    return [...head, encodeScalars(line.step ?? 0, wallTime, scalars)].map(framedRecord);
  }
}

/** When the line was written, by its clock, in seconds since 1970; 0 if it has none. */
function wallTimeSeconds({ clock }: MetricsLine): number {
  const milliseconds = Date.parse(clock?.time ?? '');
  return Number.isNaN(milliseconds) ? 0 : milliseconds / 1000;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
