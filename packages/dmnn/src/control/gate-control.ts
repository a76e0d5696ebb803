import type { Dataset } from '@dmnn/data';
import { countNetwork, countUndivided, flopsTable } from '@dmnn/flops';
import type { GatePolicy } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import type { BudgetCurve, Evaluation, OnSkipped, PatternControl } from '@dmnn/trainer';
import { type ControlFinding, controlFinding } from './control-finding.js';
import { heldOutParts } from './held-out-parts.js';
import { imageRows } from './image-rows.js';

/** Images on which patterns are chosen, and how many the run held out. */
interface ChoosingImages {
  readonly images: 'training' | 'held-out' | 'test-halves';
  readonly heldOut?: number | undefined;
}

/** Gates that are compared with a fixed pattern. */
interface EvaluatedGates {
  /** As asked for; undefined: as trained. */
  readonly budget: number | undefined;
  readonly policy: GatePolicy;
  /** On the test images. */
  readonly evaluation: Evaluation;
}

/** Gates, and the best fixed pattern of equal mean cost. */
export interface GateControl extends EvaluatedGates {
  readonly finding: ControlFinding;
  /** Mean cost of the control. */
  readonly meanMacs: number;
  /** One, or of each half of the test images. */
  readonly choices: readonly PatternControl[];
}

/** What `dmnn eval --control` says of a gated network. */
export interface GateControls {
  readonly chosenOn: ChoosingImages['images'];
  readonly choosingImages: number;
  /** Training images on which batch norms were estimated again. */
  readonly normImages: number;
  readonly undividedMacs: number;
  readonly controllerMacs: number;
  readonly controls: readonly GateControl[];
}

/** Settings of {@link evaluateGateControls}. */
export interface GateControlsRequest {
  /** Of TensorFlow.js. */
  readonly network: Network;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly choice: ChoosingImages;
  /** Images that patterns are chosen on, at most, and that batch norms are estimated on. */
  readonly calibrationImages: number;
  /** The gates as trained. */
  readonly evaluation: Evaluation;
  readonly execution: 'masked' | 'skipping';
  /** The same under budgets, each of which has a control of its own. */
  readonly curve: BudgetCurve | undefined;
  /** @defaultValue the likeliest gates */
  readonly policy: GatePolicy | undefined;
  readonly batchSize: number | undefined;
  readonly onSkipped: OnSkipped | undefined;
  /** Called with what is done now. */
  readonly onProgress: (what: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Finds the controls of gates, on other images than it measures them on. @throws as `patternControls` of `@dmnn/trainer` */
export async function evaluateGateControls(request: GateControlsRequest): Promise<GateControls> {
  const { network, test, choice, calibrationImages: most, execution, batchSize } = request;
  const { onProgress, onSkipped, signal } = request;
  const gates = await gatesOf(request);
  const { calibrationImages, patternControls } = await import('@dmnn/trainer');
  const { subset } = await import('@dmnn/data');
  const { choosing, training } = await otherImages(request);
  const norms = calibrationImages(training, most);
  /** Rows of the test images, and the images that patterns for them are chosen on. */
  const parts = choosing
    ? [{ measured: test, choosing, half: undefined }]
    : [0, 1].map((half) => ({
        measured: subset(test, everySecond(test.size, half)),
        choosing: calibrationImages(subset(test, everySecond(test.size, 1 - half)), most),
        half,
      }));
  const found: PatternControl[][] = [];
  const rowsOf = (evaluation: Evaluation, half: number | undefined): number[] =>
    imageRows(evaluation, test)
      .indices.map((index, row) => ({ index, row }))
      .filter(({ index }) => half === undefined || index % 2 === half)
      .map(({ row }) => row);
  for (const { measured, choosing: own, half } of parts) {
    found.push(
      await patternControls({
        ...{ network, execution, batchSize, onSkipped, signal },
        ...{ choosing: own, test: measured, training: norms },
        gates: gates.map(({ policy, evaluation }) => ({
          policy,
          meanMacs: meanOf(
            rowsOf(evaluation, half).map((row) => evaluation.cost.perImageMacs[row] as number),
          ),
        })),
        onProgress,
      }),
    );
  }
  const { imageSizePx } = test;
  const { controllerMacs } = flopsTable(countNetwork(network.architecture, { imageSizePx }));
  return {
    chosenOn: choice.images,
    choosingImages: parts.reduce((sum, part) => sum + part.choosing.size, 0),
    normImages: norms.size,
    undividedMacs: countUndivided(network.architecture, { imageSizePx }).macs,
    controllerMacs: controllerMacs.reduce((sum, each) => sum + each, 0),
    controls: gates.map((each, at): GateControl => {
      const choices = found.map((controls) => controls[at] as PatternControl);
      const { wrong } = imageRows(each.evaluation, test);
      const controlWrong = new Float64Array(wrong.length);
      let macs = 0;
      for (const [part, control] of choices.entries()) {
        const rows = rowsOf(each.evaluation, parts[part]?.half);
        for (const [own, row] of rows.entries()) controlWrong[row] = control.wrong[own] as number;
        macs += control.meanMacs * rows.length;
      }
      return {
        ...each,
        finding: controlFinding(wrong, { errorPercent: 100 * meanOf(controlWrong), wrong: controlWrong }),
        meanMacs: macs / wrong.length,
        choices,
      };
    }),
  };
}

/** The gates as trained, and under each budget that can be met. */
async function gatesOf({ evaluation, curve, policy }: GateControlsRequest): Promise<EvaluatedGates[]> {
  const { likeliest, thresholded } = await import('@dmnn/gating');
  return [
    { budget: undefined, policy: policy ?? likeliest, evaluation },
    ...(curve?.points ?? []).flatMap(({ budget, threshold, evaluation: own }) =>
      threshold === null || own === null
        ? []
        : [{ budget, policy: thresholded({ threshold }), evaluation: own }],
    ),
  ];
}

/** Images to choose patterns on, and to estimate batch norms on; without the first the test images are halved. */
async function otherImages({
  train,
  choice,
  calibrationImages: most,
}: GateControlsRequest): Promise<{ readonly choosing?: Dataset; readonly training: Dataset }> {
  const { calibrationImages } = await import('@dmnn/trainer');
  if (choice.images === 'test-halves') return { training: train };
  if (choice.images === 'training') return { choosing: calibrationImages(train, most), training: train };
  const parts = await heldOutParts(train, choice.heldOut ?? 1);
  return { choosing: calibrationImages(parts.test, most), training: parts.train };
}

function everySecond(size: number, from: number): number[] {
  return Array.from({ length: Math.ceil((size - from) / 2) }, (_, i) => 2 * i + from);
}

function meanOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, each) => sum + each, 0) / values.length;
}
