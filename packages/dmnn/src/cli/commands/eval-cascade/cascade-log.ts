import { writeImageLog } from '../eval-parts/image-log.js';
import type { CascadeFinding } from './cascade-findings.js';

/** What a log says about all of its images. */
export interface CascadeLogHead {
  /** Names of the networks, in their order. */
  readonly networks: readonly string[];
  readonly data: string;
  readonly chosenOn: string | null;
  /** MACs of the last network, undivided: what costs are shares of. */
  readonly lastMacs: number;
}

/**
 * Writes a log of a cascade: a JSON object about all images, then a JSON list for each: index, right (1) or wrong (0), MACs,
 * confidence and stage; with a control, also the probability that it is right. A file named `.gz` is compressed.
 *
 * @throws FileError if it cannot be written
 */
export async function writeCascadeLog(
  file: string,
  head: CascadeLogHead,
  { settings, stage, wrong, confidence, macs, control }: CascadeFinding,
  indices: Int32Array,
): Promise<void> {
  await writeImageLog(
    file,
    { kind: 'cascade', ...head, settings },
    {
      index: indices,
      right: wrong.map((each) => 1 - each),
      ...{ macs, confidence, stage },
      ...(control && { controlRight: control.wrong.map((each) => 1 - each) }),
    },
  );
}
