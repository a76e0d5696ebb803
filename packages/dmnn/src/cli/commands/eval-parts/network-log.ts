import type { Dataset } from '@dmnn/data';
import { countUndivided } from '@dmnn/flops';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { Findings } from './eval-findings.js';
import { writeImageLog } from './image-log.js';
import { imageRows } from '../../../control/image-rows.js';

/**
 * Writes a log of a network: index, right (1) or wrong (0) and MACs of each test image; with a control, also the probability
 * that it is right. With a budget, of the network under it.
 *
 * @throws FileError if it cannot be written
 */
export async function writeNetworkLog(
  file: string,
  { architecture }: OpenedNetworkData,
  test: Dataset,
  { skipping, masked, budgets, controls }: Findings,
): Promise<void> {
  const [point] = budgets?.curve.points ?? [];
  const evaluation = point?.evaluation ?? skipping ?? masked;
  if (!evaluation) throw new TypeError('found: expected an evaluation, got none');
  const { indices, wrong, macs } = imageRows(evaluation, test);
  const control = controls?.controls.at(-1)?.finding;
  await writeImageLog(
    file,
    {
      kind: 'network',
      networks: [architecture.name],
      data: test.name,
      chosenOn: controls?.chosenOn ?? null,
      lastMacs: countUndivided(architecture, { imageSizePx: test.imageSizePx }).macs,
    },
    {
      index: indices,
      right: wrong.map((each) => 1 - each),
      macs,
      ...(control && { controlRight: control.wrong.map((each) => 1 - each) }),
    },
  );
}
