import {
  type CascadeAim,
  type CascadeSettings,
  type Logits,
  calibrationError,
  fitTemperature,
  nextAnswer,
} from '@dmnn/confidence';
import { closeAfter, isDmnnError } from '@dmnn/foundation';
import { countUndivided } from '@dmnn/flops';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { CascadePart, ExitOutputs, StageOutputs } from '@dmnn/trainer';
import type { Budgets } from '../../options/budgets-option.js';
import type { CheckpointChoice } from '../../options/common-options.js';
import type { RunsOn } from '../../options/engine-option.js';
import { assertFileFits, assertFolderFits } from '../../options/output-folders.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { type ExitCode, DONE } from '../../terminal/exit-code.js';
import { interruptible } from '../../terminal/interrupts.js';
import { ProgressLine, phase } from '../../terminal/progress-line.js';
import { skippedImages } from '../../terminal/skipped-images.js';
import { usageError } from '../../terminal/usage-error.js';
import { decisionOf } from '../eval-parts/evaluated-decision.js';
import type { EvaluatedExecution } from '../eval-parts/eval-findings.js';
import {
  type EvaluatedNetwork,
  openEvaluatedNetwork,
  tensorsNeeded,
} from '../eval-parts/evaluated-network.js';
import {
  type CascadeFinding,
  type PartOutputs,
  commonRows,
  findCascade,
  hasExits,
} from './cascade-findings.js';
import { writeCascadeLog } from './cascade-log.js';
import { type CascadeOptions, assertOneAim } from './cascade-options.js';
import {
  type CascadeReport,
  type LeavingFinding,
  type PartFinding,
  cascadeJson,
  cascadeText,
} from './cascade-report.js';
import { type PartData, chosenOn, openPartData, openParts } from './open-parts.js';

/** What `dmnn eval` passes on. */
export interface EvaluateCascadesRequest extends CascadeOptions, RunsOn {
  readonly folder: string;
  readonly batchSize?: number | undefined;
  readonly budgets?: Budgets | undefined;
  readonly calibrationImages: number;
  readonly checkpoint: CheckpointChoice;
  readonly data?: string | undefined;
  readonly execution: EvaluatedExecution;
  readonly json?: boolean | undefined;
  readonly badImages: number;
  readonly workers?: number | undefined;
}

/** A part that is ready to run. */
interface OpenPart {
  readonly opened: EvaluatedNetwork;
  readonly part: CascadePart;
  readonly data: PartData;
}

/** Evaluates a cascade: saved, or of the networks of a command line. */
export async function evaluateCascades(request: EvaluateCascadesRequest, io: CommandIo): Promise<ExitCode> {
  const { budgets, accuracyDrop, log, save } = request;
  assertOneAim(request);
  const { parts, settings } = await openParts(request, io);
  const aims = aimsOf(budgets, accuracyDrop);
  const choice = aims.length > 0 ? chosenOn(request, parts) : undefined;
  if (aims.length === 0 && request.chooseOn !== undefined)
    throw usageError(
      '--choose-on: expected with --budgets or --accuracy-drop: a saved cascade has its thresholds.',
    );
  if (save !== undefined && choice?.images === 'test-halves')
    throw usageError(
      '--save: expected --choose-on training or held-out, since halves of the test images have thresholds of their own each.',
    );
  if (log !== undefined) await assertFileFits('--log', log);
  if (save !== undefined) await assertFolderFits('--save', save);
  const data = await phase(io, 'opening the data', () => openPartData(parts, choice, request, io));
  const open: OpenPart[] = [];
  return closeAfter(
    async () => {
      for (const [at, part] of parts.entries())
        open.push(await openPart(part, data[at] as PartData, request, io));
      return await interruptible(io, async (signal) => {
        const outputs = await runParts(open, request, io, signal);
        const unit = budgets?.unit ?? 'share';
        if (unit === 'ms' && hasExits(outputs.test))
          throw usageError(
            '--budgets: expected shares of the MACs, got milliseconds, and the time until an exit is not known.',
          );
        const last = parts.at(-1) as OpenedNetworkData;
        const lastMacs = countUndivided(last.architecture, {
          imageSizePx: data.at(-1)?.test.imageSizePx,
        }).macs;
        const base = { unit, by: request.by, combine: request.combine, control: request.control === true };
        const { findings, unreached } =
          aims.length === 0
            ? { findings: [findCascade(outputs, { ...base, settings })], unreached: [] }
            : reached(aims, unit === 'share' ? lastMacs : 1, (aim, asked) =>
                findCascade(outputs, { ...base, aim, asked }),
              );
        const leaving =
          request.execution === 'both'
            ? await compareLeaving(open, findings, outputs, request, io, signal)
            : undefined;
        const report: CascadeReport = {
          ...{ unit, lastMacs, findings, unreached, leaving, drop: accuracyDrop !== undefined },
          data: data[0]?.test.name ?? '',
          images: outputs.test[0]?.labels.length ?? 0,
          chosenOn: choice?.images ?? null,
          choosingImages: outputs.choosing?.[0]?.labels.length ?? null,
          parts: parts.flatMap((part, at) =>
            partFindings(part, outputs, at, savedOf(parts, at, aims.length === 0 ? settings : undefined)),
          ),
        };
        const [first] = findings;
        if (log !== undefined && first?.stage) {
          const head = {
            networks: parts.map(({ architecture }) => architecture.name),
            data: report.data,
            chosenOn: report.chosenOn,
            lastMacs,
          };
          await writeCascadeLog(log, head, first, outputs.test[0]?.indices ?? new Int32Array());
        }
        if (save !== undefined && first) await saveChosen(save, parts, first);
        io.out(request.json ? JSON.stringify(cascadeJson(report), null, 2) : cascadeText(report));
        return DONE;
      });
    },
    async () => {
      for (const { opened } of open) await opened.close();
    },
  );
}

/** An aim and the number by which it was asked for. */
interface AskedAim {
  readonly kind: 'budget' | 'drop';
  readonly asked: number;
}

function aimsOf(budgets: Budgets | undefined, accuracyDrop: number | undefined): AskedAim[] {
  if (accuracyDrop !== undefined) return [{ kind: 'drop', asked: accuracyDrop }];
  return (budgets?.values ?? []).map((asked) => ({ kind: 'budget', asked }));
}

/** What was found, and the budgets that no threshold reaches. */
interface Reached {
  readonly findings: readonly CascadeFinding[];
  readonly unreached: readonly number[];
}

/** The findings for all aims that can be reached. @throws DmnnError `DMNN_USAGE` if none can */
function reached(
  aims: readonly AskedAim[],
  scale: number,
  find: (aim: CascadeAim, asked: number) => CascadeFinding,
): Reached {
  const findings: CascadeFinding[] = [];
  const unreached: number[] = [];
  let ends: unknown;
  for (const { kind, asked } of aims) {
    try {
      findings.push(find(kind === 'budget' ? { budget: asked * scale } : { drop: asked }, asked));
    } catch (error) {
      if (!isDmnnError(error, 'DMNN_BUDGET')) throw error;
      unreached.push(asked);
      ends ??= error.details;
    }
  }
  if (findings.length > 0) return { findings, unreached };
  const { lowestCost, highestCost } = ends as { readonly lowestCost: number; readonly highestCost: number };
  const text = (cost: number): string => String(Number((cost / scale).toPrecision(4)));
  throw usageError(
    `--budgets: expected a mean cost from ${text(lowestCost)} (every image stops at the first stage) to ${text(highestCost)} (all go through all), got ${unreached.join(', ')}.`,
  );
}

async function openPart(
  part: OpenedNetworkData,
  data: PartData,
  request: EvaluateCascadesRequest,
  io: CommandIo,
): Promise<OpenPart> {
  const { backend, engine, precision, execution, budgets, batchSize } = request;
  const { policy, ...decision } = await decisionOf(part);
  const oneByOne = (batchSize ?? (budgets?.unit === 'ms' ? 1 : undefined)) === 1;
  const opened = await openEvaluatedNetwork(
    part,
    {
      ...{ backend, engine, precision, defaultPrecision: 'f32', oneByOne },
      imageSizePx: data.test.imageSizePx,
      // engines compute what is open; later networks run only for images that go on, whatever runs them
      onlyTensors:
        execution === 'both' && part.architecture.exits
          ? {
              by: '--execution both',
              because: 'since only there a batch goes on without images that left at an exit',
            }
          : tensorsNeeded({ execution: execution === 'masked' ? 'masked' : 'skipping' }, decision),
    },
    io,
  );
  return { opened, data, part: { network: opened.network, dataset: data.test, policy } };
}

/** Runs every network on all images that thresholds are chosen on and measured on. */
async function runParts(
  open: readonly OpenPart[],
  request: EvaluateCascadesRequest,
  io: CommandIo,
  signal: AbortSignal,
): Promise<PartOutputs> {
  const { stageOutputs } = await import('@dmnn/trainer');
  const { execution, budgets } = request;
  const batchSize = request.batchSize ?? (budgets?.unit === 'ms' ? 1 : undefined);
  const onSkipped = await skippedImages(request.badImages, io);
  const run = async (of: 'test' | 'choosing'): Promise<StageOutputs[] | undefined> => {
    const all: StageOutputs[] = [];
    for (const { part, data } of open) {
      const dataset = data[of];
      if (!dataset) return undefined;
      const line = new ProgressLine(io);
      const { network, policy } = part;
      const label = `${network.architecture.name}, ${of === 'test' ? 'test images' : 'images to choose on'}`;
      line.show(label, `: 0 of ${dataset.size}`);
      all.push(
        await stageOutputs({
          ...{ network, dataset, policy, batchSize, onSkipped, signal },
          execution: execution === 'masked' ? 'masked' : 'skipping',
          onProgress: (images) => {
            line.show(label, `: ${images} of ${dataset.size}`);
          },
        }),
      );
    }
    return commonRows(all);
  };
  const test = await run('test');
  return { test: test ?? [], choosing: await run('choosing') };
}

/** Runs the cascade as it would be used, later networks only for the images that go on, and compares the answers. */
async function compareLeaving(
  open: readonly OpenPart[],
  findings: readonly CascadeFinding[],
  { test }: PartOutputs,
  { batchSize, badImages }: EvaluateCascadesRequest,
  io: CommandIo,
  signal: AbortSignal,
): Promise<LeavingFinding[]> {
  const { runStages } = await import('@dmnn/trainer');
  const { subset } = await import('@dmnn/data');
  const onSkipped = await skippedImages(badImages, io);
  const indices = test[0]?.indices ?? new Int32Array();
  const all: LeavingFinding[] = [];
  for (const finding of findings) {
    let [differences, milliseconds] = [0, 0];
    for (const [half, settings] of finding.settings.entries()) {
      // images of even rows have the first settings, those of odd rows the second, if there are two
      const rows = Array.from(indices.keys()).filter((row) => row % finding.settings.length === half);
      const parts = open.map(({ part }) => ({
        ...part,
        dataset: subset(
          part.dataset,
          rows.map((row) => indices[row] as number),
        ),
      }));
      const found = await runStages({ parts, settings, batchSize, onSkipped, signal });
      milliseconds += found.msPerImage * rows.length;
      for (const [at, row] of rows.entries()) {
        const wrong = Number(found.predicted[at] !== found.labels[at]);
        if (found.stage[at] !== finding.stage[row] || wrong !== finding.wrong[row]) differences++;
      }
    }
    all.push({ differences, msPerImage: milliseconds / indices.length });
  }
  return all;
}

/** The temperatures of the stages of a part, if a saved cascade has settled them. */
function savedOf(
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
 * @param saved - temperatures of its stages. @defaultValue fitted on the images chosen on
 */
function partFindings(
  part: OpenedNetworkData,
  { test, choosing }: PartOutputs,
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
  const named = { name: part.architecture.name, folder: part.source.folder };
  return [
    ...exits.map(({ top1ErrorPercent, meanMacs }, exit): PartFinding => ({
      ...named,
      ...{ exit, top1ErrorPercent, meanMacs, msPerImage: null },
      ...facts(exit, (own.exits[exit] as ExitOutputs).logits, (from.exits[exit] as ExitOutputs).logits),
    })),
    {
      ...named,
      ...{ top1ErrorPercent: error.top1ErrorPercent, meanMacs: cost.meanMacs, msPerImage: timing.msPerImage },
      ...facts(exits.length, own.logits, from.logits),
    },
  ];
}

async function saveChosen(
  folder: string,
  parts: readonly OpenedNetworkData[],
  { settings }: CascadeFinding,
): Promise<void> {
  const { cascade, saveCascade } = await import('@dmnn/runs');
  const [chosen] = settings;
  if (chosen) await saveCascade(folder, cascade(parts, chosen));
}
