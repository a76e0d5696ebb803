import type { SkippedImage } from '@dmnn/data';
import type { WrittenRecord } from '@dmnn/runs';
import {
  type BadImages,
  type EventFile,
  type MetricsLog,
  type RunFolder,
  listBadImages,
  orRunFolderError,
} from '@dmnn/runs/internal';

/** What a run writes, apart from checkpoints: none of it is owned here. */
export interface RunIo {
  readonly folder: RunFolder;
  readonly log: MetricsLog;
  /** The same for TensorBoard. */
  readonly events: EventFile;
  readonly badImages: BadImages;
}

/** Adds a line to the log and to TensorBoard's file. */
export async function appendRecord({ folder, log, events }: RunIo, record: WrittenRecord): Promise<void> {
  await orRunFolderError(folder.path, async () => {
    await log.append(record);
    await events.append(record);
  });
}

/**
 * Puts damaged images on the run's list.
 *
 * @throws DmnnError `DMNN_BAD_IMAGES` if they are too many
 */
export async function recordSkipped(
  { folder, badImages }: RunIo,
  split: 'train' | 'test',
  skipped: readonly SkippedImage[],
  onWarning: (message: string) => void,
): Promise<void> {
  if (skipped.length === 0) return;
  await orRunFolderError(folder.path, () => listBadImages(badImages, split, skipped, onWarning));
}
