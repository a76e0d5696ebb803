import {
  type CascadeSettings,
  type Logits,
  calibrationError,
  fitTemperature,
  nextAnswer,
} from '@dmnn/confidence';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { ExitOutputs, StageOutputs } from '@dmnn/trainer';
import type { PartOutputs } from './cascade-findings.js';
import type { PartFinding } from './cascade-report.js';

/** The temperatures of the stages of a part, if a saved cascade has settled them. */
export function savedTemperatures(
  parts: readonly OpenedNetworkData[],
  at: number,
  settings: CascadeSettings | undefined,
): readonly number[] | undefined {
  const counts = parts.map(({ architecture }) => (architecture.exits?.length ?? 0) + 1);
  const before = counts.slice(0, at).reduce((sum, count) => sum + count, 0);
  return settings?.temperatures.slice(before, before + (counts[at] as number));
}

/**
 * What a network does alone, and each of its exits before it.
 *
 * @param name - among the others: of `partNames`
 * @param saved - temperatures of its stages. @defaultValue fitted on the images chosen on
 */
export function partFindings(
  part: OpenedNetworkData,
  name: string,
  { test, choosing, exitMs }: PartOutputs,
  at: number,
  saved: readonly number[] | undefined,
): PartFinding[] {
  const own = test[at] as StageOutputs;
  const from = choosing?.[at] ?? own;
  const facts = (
    stage: number,
    logits: Logits,
    chosen: Logits,
  ): Pick<PartFinding, 'temperature' | 'calibrationError'> => {
    const temperature = saved?.[stage] ?? fitTemperature({ logits: chosen, labels: from.labels }).temperature;
    const errorAt = (t: number): number => {
      const { predicted, confidence } = nextAnswer(undefined, logits, t);
      return calibrationError({
        confidences: confidence,
        right: predicted.map((each, row) => Number(each === own.labels[row])),
      }).expected;
    };
    return { temperature, calibrationError: { before: errorAt(1), after: errorAt(temperature) } };
  };
  const { error, cost, timing, exits = [] } = own.evaluation;
  const named = { name, folder: part.source.folder, ...(part.setting && { setting: part.setting }) };
  return [
    ...exits.map(({ top1ErrorPercent, meanMacs }, exit): PartFinding => ({
      ...named,
      ...{ exit, top1ErrorPercent, meanMacs, msPerImage: exitMs?.[at]?.[exit] ?? null },
      ...facts(exit, (own.exits[exit] as ExitOutputs).logits, (from.exits[exit] as ExitOutputs).logits),
    })),
    {
      ...named,
      ...{ top1ErrorPercent: error.top1ErrorPercent, meanMacs: cost.meanMacs, msPerImage: timing.msPerImage },
      ...facts(exits.length, own.logits, from.logits),
    },
  ];
}
