import { type Batch, DataError, type SkippedPhotograph } from '@dmnn/data';

/** Told of damaged photographs. What it throws ends the work. */
export type OnSkipped = (skipped: readonly SkippedPhotograph[]) => void | Promise<void>;

/** Tells of a batch's damaged photographs. @throws DataError for the first, if nobody is to be told */
export async function tellSkipped({ skipped }: Batch, onSkipped: OnSkipped | undefined): Promise<void> {
  const [first] = skipped ?? [];
  if (!skipped || !first) return;
  if (!onSkipped) throw new DataError(first.problem);
  await onSkipped(skipped);
}
