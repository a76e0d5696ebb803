import {
  type BootstrapDifference,
  type CascadeAim,
  type CascadeSettings,
  type UncalibratedStage,
  chooseSettings,
  evaluateByHalves,
  evaluateCascade,
  pairedBootstrap,
} from '@dmnn/confidence';
import type { StageOutputs } from '@dmnn/trainer';

/** A cascade's networks on the same images. */
export interface PartOutputs {
  readonly test: readonly StageOutputs[];
  /** On other images, to choose on; undefined: halves of the test images, or nothing to choose. */
  readonly choosing?: readonly StageOutputs[] | undefined;
}

/** One choice of thresholds, measured on the test images. */
export interface CascadeFinding {
  /** As asked for: a share of the last network's MACs, milliseconds, or points of accuracy; undefined: as saved. */
  readonly asked: number | undefined;
  /** One, or of each half of the test images. */
  readonly settings: readonly CascadeSettings[];
  readonly errorPercent: number;
  readonly meanMacs: number;
  /** From the mean times of the networks and the share of the images that reached each. */
  readonly msPerImage: number;
  /** `[stage]`: share of the images that stopped there. */
  readonly shares: readonly number[];
  /** `[row]` */
  readonly stage: Uint8Array;
  readonly confidence: Float64Array;
  readonly wrong: Uint8Array;
  readonly macs: Float64Array;
  readonly control?: ControlFinding | undefined;
}

/** What a random choice of images reaches at the same cost. */
interface ControlFinding {
  readonly errorPercent: number;
  /** `[row]`: probability that it is wrong. */
  readonly wrong: Float64Array;
  /** Of the cascade's error itself, as shares. */
  readonly error: BootstrapDifference;
  /** The cascade's error less the control's, as shares: better if the whole interval is below 0. */
  readonly difference: BootstrapDifference;
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

/** Seed of the images that are drawn for intervals. */
const SEED = 1;

/** Chooses, measures and compares. @throws as `evaluateByHalves` and `chooseSettings` of `@dmnn/confidence` */
export function findCascade(outputs: PartOutputs, options: FindingOptions): CascadeFinding {
  const { unit, aim, asked, control } = options;
  const { test, choosing } = outputs;
  const labels = test[0]?.labels ?? new Int32Array();
  const stages = stagesOf(test, unit);
  const measured = measure(stages, labels, choosing, options);
  const { stage, wrong } = measured;
  const images = labels.length;
  const macs = new Float64Array(images);
  let milliseconds = 0;
  for (const [at, { evaluation }] of test.entries()) {
    for (let row = 0; row < images; row++) {
      if ((stage[row] as number) < at) continue;
      macs[row] = (macs[row] as number) + (evaluation.cost.perImageMacs[row] as number);
      milliseconds += evaluation.timing.msPerImage;
    }
  }
  const counts = test.map((_, at) => stage.reduce((sum, each) => sum + Number(each === at), 0));
  return {
    asked: aim ? asked : undefined,
    settings: measured.settings,
    errorPercent: measured.errorPercent,
    meanMacs: macs.reduce((sum, each) => sum + each, 0) / images,
    msPerImage: milliseconds / images,
    shares: counts.map((count) => count / images),
    stage,
    confidence: measured.confidence,
    wrong,
    macs,
    control: control
      ? {
          errorPercent: measured.controlErrorPercent,
          wrong: measured.controlWrong,
          error: pairedBootstrap(wrong, new Uint8Array(images), { seed: SEED }),
          difference: pairedBootstrap(wrong, measured.controlWrong, { seed: SEED }),
        }
      : undefined,
  };
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
  stages: readonly UncalibratedStage[],
  labels: Int32Array,
  choosing: readonly StageOutputs[] | undefined,
  { unit, aim, settings, by, combine }: FindingOptions,
): Measured {
  if (aim && !choosing) {
    const result = evaluateByHalves(stages, { labels, aim, by, combine });
    return { ...result, settings: result.halves.map((half) => half.settings) };
  }
  const chosen =
    aim && choosing
      ? chooseSettings(stagesOf(choosing, unit), { labels: choosing[0]?.labels ?? [], aim, by, combine })
      : (settings as CascadeSettings);
  const { control, ...result } = evaluateCascade(stages, labels, chosen);
  return {
    ...result,
    settings: [chosen],
    controlErrorPercent: control.errorPercent,
    controlWrong: control.wrong,
  };
}

function stagesOf(outputs: readonly StageOutputs[], unit: FindingOptions['unit']): UncalibratedStage[] {
  return outputs.map(({ logits, evaluation }) => ({
    logits,
    cost: unit === 'ms' ? evaluation.timing.msPerImage : evaluation.cost.perImageMacs,
  }));
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
    const { classes, values } = output.logits;
    const perImageMacs = rows.map((row) => output.evaluation.cost.perImageMacs[row] as number);
    return {
      ...output,
      indices: Int32Array.from(rows, (row) => output.indices[row] as number),
      labels: Int32Array.from(rows, (row) => output.labels[row] as number),
      logits: {
        classes,
        values: Float32Array.from(
          rows.flatMap((row) =>
            Array.from({ length: classes }, (_, c) => values[row * classes + c] as number),
          ),
        ),
      },
      evaluation: { ...output.evaluation, cost: { ...output.evaluation.cost, perImageMacs } },
    };
  });
}
