import { type Batch, DataError, type SkippedImage } from '@dmnn/data';

/** Told of damaged images. What it throws ends the work. */
export type OnSkipped = (skipped: readonly SkippedImage[]) => void | Promise<void>;

/** Tells of a batch's damaged images. @throws DataError for the first, if nobody is to be told */
export async function tellSkipped({ skipped }: Batch, onSkipped: OnSkipped | undefined): Promise<void> {
  const [first] = skipped ?? [];
  if (!skipped || !first) return;
  if (!onSkipped) throw new DataError(first.problem);
  await onSkipped(skipped);
}
