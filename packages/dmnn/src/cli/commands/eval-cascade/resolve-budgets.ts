import { closeAfter } from '@dmnn/foundation';
import { countUndivided } from '@dmnn/flops';
import type { OpenedNetworkData } from '@dmnn/runs';
import { percentText } from '../../../text/count-text.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { ProgressLine } from '../../terminal/progress-line.js';
import { skippedImages } from '../../terminal/skipped-images.js';
import { usageError } from '../../terminal/usage-error.js';
import { openEvaluatedNetwork, tensorsNeeded } from '../eval-parts/evaluated-network.js';
import { type PartData, inPart } from './open-parts.js';
import type { RunPartsRequest } from './run-parts.js';

/** How budgets are met. */
interface BudgetsOfGates extends RunPartsRequest {
  readonly signal: AbortSignal;
}

/**
 * Finds the thresholds of the gates by which networks keep to their budgets, on training images, and says which they are.
 *
 * @param budgets - `[part]`: share of the undivided backbone's multiply–accumulates; undefined: as the network is
 * @returns the networks at these thresholds
 * @throws DmnnError `DMNN_USAGE` if no threshold was found; what opening an engine throws, naming the network
 */
export async function resolveBudgets(
  parts: readonly OpenedNetworkData[],
  budgets: readonly (number | undefined)[],
  data: readonly PartData[],
  request: BudgetsOfGates,
  io: CommandIo,
): Promise<OpenedNetworkData[]> {
  const resolved = [...parts];
  for (const [at, budget] of budgets.entries()) {
    if (budget === undefined) continue;
    const of = { saved: undefined, parts, at };
    resolved[at] = await inPart(of, () =>
      atBudget(parts[at] as OpenedNetworkData, budget, data[at] as PartData, request, io),
    );
  }
  return resolved;
}

async function atBudget(
  part: OpenedNetworkData,
  budget: number,
  { calibration }: PartData,
  request: BudgetsOfGates,
  io: CommandIo,
): Promise<OpenedNetworkData> {
  const { findThresholds } = await import('@dmnn/trainer');
  const { withGates } = await import('@dmnn/runs');
  if (!calibration) throw new TypeError('calibration: expected training images, got none');
  const { backend, engine, precision, batchSize, badImages, signal } = request;
  const execution = request.execution === 'masked' ? 'masked' : 'skipping';
  const { imageSizePx } = calibration;
  const undivided = countUndivided(part.architecture, { imageSizePx }).macs;
  const { name } = part.architecture;
  const opened = await openEvaluatedNetwork(
    part,
    {
      ...{ backend, engine, precision, defaultPrecision: 'f32', imageSizePx, oneByOne: false },
      needs: 'moving thresholds',
      onlyTensors: tensorsNeeded({ execution }),
    },
    io,
  );
  return closeAfter(
    async () => {
      const onSkipped = await skippedImages(badImages, io);
      const line = new ProgressLine(io);
      line.show(name, `: finding the threshold of ${percentText(budget)} on ${calibration.size} images`);
      const { thresholds } = await findThresholds({
        ...{ network: opened.network, calibration, batchSize, execution, onSkipped, signal },
        budgets: [budget * undivided],
      });
      const [found] = thresholds;
      const threshold = found?.threshold ?? null;
      if (!found || threshold === null)
        throw usageError(`${name}: expected a budget that a threshold reaches, got ${budget}.`);
      const cost = percentText((found.calibrationCost ?? 0) / undivided);
      io.err(
        `${name} at a budget of ${percentText(budget)}: gates open from a probability of ${threshold}, which costs ${cost} on ${calibration.size} training images`,
      );
      return withGates(part, { threshold });
    },
    () => opened.close(),
  );
}
