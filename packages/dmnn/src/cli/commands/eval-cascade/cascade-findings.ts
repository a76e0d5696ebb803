import {
  type CascadeAim,
  type CascadeSettings,
  type UncalibratedStage,
  chooseSettings,
  evaluateByHalves,
  evaluateCascade,
  logitsOfRows,
} from '@dmnn/confidence';
import { type StageOutputs, uncalibratedStages } from '@dmnn/trainer';
import { type ControlFinding, controlFinding } from '../../../control/control-finding.js';

/** A cascade's networks on the same images, without leaving. */
export interface PartOutputs {
  readonly test: readonly StageOutputs[];
  /** On other images, to choose on; undefined: halves of the test images, or nothing to choose. */
  readonly choosing?: readonly StageOutputs[] | undefined;
  /** `[part][e]`: milliseconds of an image until it leaves at exit e of a network; undefined: not measured. */
  readonly exitMs?: readonly (readonly number[])[] | undefined;
}

/** One choice of thresholds, measured on the test images. */
export interface CascadeFinding {
  /** As asked for: a share of the last network's MACs, milliseconds, or points of accuracy; undefined: as saved. */
  readonly asked: number | undefined;
  /** One, or of each half of the test images. */
  readonly settings: readonly CascadeSettings[];
  readonly errorPercent: number;
  readonly meanMacs: number;
  /** From the mean times of the stages and the share of the images that reached each; null if times until exits are not known. */
  readonly msPerImage: number | null;
  /** `[stage]`: share of the images that stopped there. */
  readonly shares: readonly number[];
  /** `[row]` */
  readonly stage: Uint8Array;
  readonly confidence: Float64Array;
  readonly wrong: Uint8Array;
  readonly macs: Float64Array;
  /** What a random choice of images reaches at the same cost. */
  readonly control?: ControlFinding | undefined;
}

/** How findings are made. */
export interface FindingOptions {
  readonly unit: 'share' | 'ms';
  /** Undefined: with the settings given. */
  readonly aim?: CascadeAim | undefined;
  readonly asked?: number | undefined;
  readonly settings?: CascadeSettings | undefined;
  readonly by?: CascadeSettings['by'] | undefined;
  readonly combine?: CascadeSettings['combine'] | undefined;
  readonly control: boolean;
}

/** Chooses, measures and compares. @throws as `evaluateByHalves` and `chooseSettings` of `@dmnn/confidence` */
export function findCascade(outputs: PartOutputs, options: FindingOptions): CascadeFinding {
  const { aim, asked, control } = options;
  const { test } = outputs;
  const labels = test[0]?.labels ?? new Int32Array();
  const measured = measure(outputs, labels, options);
  const { stage, wrong } = measured;
  const images = labels.length;
  const stages = uncalibratedStages(test);
  const macs = Float64Array.from({ length: images }, (_, row) =>
    stages
      .slice(0, (stage[row] as number) + 1)
      .reduce((sum, { cost }) => sum + ((cost as number[])[row] as number), 0),
  );
  const counts = stages.map((_, at) => stage.reduce((sum, each) => sum + Number(each === at), 0));
  return {
    asked: aim ? asked : undefined,
    settings: measured.settings,
    errorPercent: measured.errorPercent,
    meanMacs: macs.reduce((sum, each) => sum + each, 0) / images,
    msPerImage: meanMilliseconds(outputs, stage),
    shares: counts.map((count) => count / images),
    stage,
    confidence: measured.confidence,
    wrong,
    macs,
    control: control
      ? controlFinding(wrong, {
          errorPercent: measured.controlErrorPercent,
          wrong: measured.controlWrong,
        })
      : undefined,
  };
}

function meanMilliseconds({ test, exitMs }: PartOutputs, stage: Uint8Array): number | null {
  if (!exitMs && test.some(({ exits }) => exits.length > 0)) return null;
  return timedStages(test, exitMs).reduce((sum, { cost }, at) => {
    const reached = stage.reduce((images, each) => images + Number(each >= at), 0);
    return sum + (cost * reached) / stage.length;
  }, 0);
}

interface Measured {
  readonly settings: readonly CascadeSettings[];
  readonly errorPercent: number;
  readonly controlErrorPercent: number;
  readonly stage: Uint8Array;
  readonly confidence: Float64Array;
  readonly wrong: Uint8Array;
  readonly controlWrong: Float64Array;
}

function measure(
  { test, choosing, exitMs }: PartOutputs,
  labels: Int32Array,
  { unit, aim, settings, by, combine }: FindingOptions,
): Measured {
  const stagesOf = (of: readonly StageOutputs[]): UncalibratedStage[] =>
    unit === 'share' ? uncalibratedStages(of) : timedStages(of, exitMs);
  const stages = stagesOf(test);
  if (aim && !choosing) {
    const result = evaluateByHalves(stages, { labels, aim, by, combine });
    return { ...result, settings: result.halves.map((half) => half.settings) };
  }
  const chosen =
    aim && choosing
      ? chooseSettings(stagesOf(choosing), { labels: choosing[0]?.labels ?? [], aim, by, combine })
      : (settings as CascadeSettings);
  const { control, ...result } = evaluateCascade(stages, labels, chosen);
  return {
    ...result,
    settings: [chosen],
    controlErrorPercent: control.errorPercent,
    controlWrong: control.wrong,
  };
}

/** Stages that cost time: each what it adds to those before it in its network; alone, all of its network until there. */
function timedStages(
  outputs: readonly StageOutputs[],
  exitMs: PartOutputs['exitMs'],
): (UncalibratedStage & { readonly cost: number })[] {
  return outputs.flatMap(({ logits, exits, evaluation }, part) => {
    const { msPerImage } = evaluation.timing;
    let before = 0;
    return [...exits, { logits }].map((place, at) => {
      // what follows an exit takes time, whatever a slow moment of the machine says
      const until = Math.max(before, exitMs?.[part]?.[at] ?? msPerImage);
      const cost = until - before;
      before = until;
      return { logits: place.logits, cost, aloneCost: until };
    });
  });
}

/** The rows of images that are intact in every part, so that all have the same ones. */
export function commonRows(outputs: readonly StageOutputs[]): StageOutputs[] {
  const [first, ...others] = outputs;
  if (!first || others.every(({ indices }) => indices.length === first.indices.length)) return [...outputs];
  const sets = outputs.map(({ indices }) => new Set(indices));
  return outputs.map((output) => {
    const rows = Array.from(output.indices.keys()).filter((row) =>
      sets.every((set) => set.has(output.indices[row] as number)),
    );
    const own = <T>(items: ArrayLike<T>): T[] => rows.map((row) => items[row] as T);
    const perImageMacs = own(output.evaluation.cost.perImageMacs);
    return {
      indices: Int32Array.from(own(output.indices)),
      labels: Int32Array.from(own(output.labels)),
      logits: logitsOfRows(output.logits, rows),
      exits: output.exits.map((exit) => ({
        logits: logitsOfRows(exit.logits, rows),
        perImageMacs: own(exit.perImageMacs),
      })),
      leftAt: Uint8Array.from(own(output.leftAt)),
      evaluation: { ...output.evaluation, cost: { ...output.evaluation.cost, perImageMacs } },
    };
  });
}
