import { type Batch, DataError, type SkippedImage } from '@dmnn/data';

/** Receives damaged images. What it throws ends the work. */
export type OnSkipped = (skipped: readonly SkippedImage[]) => void | Promise<void>;

/** Reports a batch's damaged images. @throws DataError for the first, if `onSkipped` is undefined */
export async function reportSkipped({ skipped }: Batch, onSkipped: OnSkipped | undefined): Promise<void> {
  const [first] = skipped ?? [];
  if (!skipped || !first) return;
  if (!onSkipped) throw new DataError(first.problem);
  await onSkipped(skipped);
}
