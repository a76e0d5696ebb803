import type { CascadeAim } from '@dmnn/confidence';
import { isDmnnError } from '@dmnn/foundation';
import { countUndivided } from '@dmnn/flops';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { Budgets } from '../../options/budgets-option.js';
import type { CheckpointChoice } from '../../options/common-options.js';
import { assertNewFolder } from '../../options/output-folders.js';
import { millisecondsText } from '../../../text/count-text.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { type ExitCode, DONE } from '../../terminal/exit-code.js';
import { interruptible } from '../../terminal/interrupts.js';
import { phase } from '../../terminal/progress-line.js';
import { skippedImages } from '../../terminal/skipped-images.js';
import { usageError } from '../../terminal/usage-error.js';
import { assertFilesOfEvaluation } from '../eval-parts/evaluation-files.js';
import { compareWithStatic } from '../eval-parts/compare-with-static.js';
import { type Reach, assertEnoughImages, assertFeasible, reachOf, unreachable } from './assert-feasible.js';
import { type CascadeFinding, type PartOutputs, findCascade } from './cascade-findings.js';
import { writeCascadeLog } from './cascade-log.js';
import { type CascadeOptions, assertNothingChosen, assertOneAim } from './cascade-options.js';
import { type CascadeReport, type LeavingFinding, cascadeJson, cascadeText } from './cascade-report.js';
import { chosenOn, openPartData, openParts } from './open-parts.js';
import { partFindings, savedTemperatures } from './part-findings.js';
import { resolveBudgets } from './resolve-budgets.js';
import { type OpenPart, type RunPartsRequest, runParts, withOpenParts } from './run-parts.js';

/** What `dmnn eval` passes on. */
export interface EvaluateCascadesRequest extends CascadeOptions, RunPartsRequest {
  readonly folder: string;
  readonly calibrationImages?: number | undefined;
  readonly checkpoint?: CheckpointChoice | undefined;
  readonly data?: string | undefined;
  readonly json?: boolean | undefined;
  readonly workers?: number | undefined;
}

/** Evaluates a cascade: saved, or of the networks of a command line. */
export async function evaluateCascades(request: EvaluateCascadesRequest, io: CommandIo): Promise<ExitCode> {
  const { budgets, accuracyDrop, log, save } = request;
  assertOneAim(request);
  const { parts: opened, settings, budgets: gateBudgets = [] } = await openParts(request, io);
  const setsGates = gateBudgets.some((each) => each !== undefined);
  const aims = aimsOf(budgets, accuracyDrop);
  const choice = aims.length > 0 ? await chosenOn(request, opened) : undefined;
  if (!choice) assertNothingChosen(request);
  if (request.calibrationImages !== undefined && choice?.images !== 'training' && !setsGates)
    throw usageError(
      `--calibration-images: expected with --choose-on training or a network at a budget (RUN@budget=0.4), got ${choice ? `--choose-on ${choice.images}` : 'a saved cascade, which has its thresholds'}.`,
    );
  if (save !== undefined && choice?.images === 'test-halves')
    throw usageError(
      '--save: expected --choose-on training or held-out, since halves of the test images have thresholds of their own each.',
    );
  const unit = budgets?.unit ?? 'share';
  await assertFilesOfEvaluation(request, io);
  if (save !== undefined) await assertNewFolder('--save', save);
  const data = await phase(io, 'opening the data', () =>
    openPartData(opened, choice, { ...request, setsGates }, io),
  );
  const last = opened.at(-1) as OpenedNetworkData;
  const lastMacs = countUndivided(last.architecture, { imageSizePx: data.at(-1)?.test.imageSizePx }).macs;
  assertFeasible(opened, data, { choice, budgets, accuracyDrop, lastMacs });
  return interruptible(io, async (signal): Promise<ExitCode> => {
    const parts = await resolveBudgets(opened, gateBudgets, data, { ...request, signal }, io);
    const { partNames } = await import('@dmnn/runs');
    const names = partNames(parts);
    const toRun = { parts, data, saved: settings && request.folder };
    return withOpenParts(toRun, request, io, async (open): Promise<ExitCode> => {
      const outputs = await runParts(open, request, io, toRun, signal);
      const [test, choosing] = [outputs.test, outputs.choosing].map((of) => of?.[0]?.labels.length);
      assertEnoughImages(choice, { test: test ?? 0, choosing }); // without the damaged ones
      const base = { unit, by: request.by, combine: request.combine, control: request.control === true };
      const { findings, unreached } =
        aims.length === 0
          ? { findings: [findCascade(outputs, { ...base, settings })], unreached: [] }
          : reached(aims, outputs, { unit, scale: unit === 'share' ? lastMacs : 1 }, (aim, asked) =>
              findCascade(outputs, { ...base, aim, asked }),
            );
      if (budgets) noteUnspent(budgets, reachOf(outputs, unit, unit === 'share' ? lastMacs : 1), io);
      const leaving =
        request.execution === 'both'
          ? await compareLeaving(open, findings, outputs, request, io, signal)
          : undefined;
      const name = data[0]?.test.name ?? '';
      const against =
        request.against &&
        (await compareWithStatic(
          findings.map(({ errorPercent, meanMacs, wrong }) => ({
            ...{ data: name, errorPercent, meanMacs, wrong },
            indices: outputs.test[0]?.indices ?? [],
          })),
          {
            ...{ ...request, against: request.against, signal },
            onSkipped: await skippedImages(request.badImages, io),
          },
          io,
        ));
      const report: CascadeReport = {
        ...{ unit, lastMacs, findings, against, unreached, leaving, drop: accuracyDrop !== undefined },
        data: name,
        images: outputs.test[0]?.labels.length ?? 0,
        chosenOn: choice?.images ?? null,
        choosingImages: outputs.choosing?.[0]?.labels.length ?? null,
        parts: parts.flatMap((part, at) =>
          partFindings(
            part,
            names[at] ?? '',
            outputs,
            at,
            savedTemperatures(parts, at, aims.length === 0 ? settings : undefined),
          ),
        ),
      };
      const [first] = findings;
      if (log !== undefined && first?.stage) {
        const head = {
          networks: names,
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
  });
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
  outputs: PartOutputs,
  { unit, scale }: { readonly unit: Budgets['unit']; readonly scale: number },
  find: (aim: CascadeAim, asked: number) => CascadeFinding,
): Reached {
  const findings: CascadeFinding[] = [];
  const unreached: number[] = [];
  for (const { kind, asked } of aims) {
    try {
      findings.push(find(kind === 'budget' ? { budget: asked * scale } : { drop: asked }, asked));
    } catch (error) {
      if (!isDmnnError(error, 'DMNN_BUDGET')) throw error;
      unreached.push(asked);
    }
  }
  if (findings.length > 0) return { findings, unreached };
  throw unreachable(unreached, reachOf(outputs, unit, scale), unit);
}

/** Says which budgets are more than all stages together take. */
function noteUnspent({ values, unit }: Budgets, { highest }: Reach, io: CommandIo): void {
  const [suffix, most, what] =
    unit === 'ms' ? ['ms', millisecondsText(highest), 'time'] : ['', `${+highest.toPrecision(4)}`, 'cost'];
  // sums of shares round
  const above = values.filter((each) => each > highest * (1 + 1e-9)).map((each) => `${each}${suffix}`);
  if (above.length === 0) return;
  io.err(
    `--budgets: ${above.join(', ')}: more than ${most}, the ${what} of all stages, through which all images may go there`,
  );
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

async function saveChosen(
  folder: string,
  parts: readonly OpenedNetworkData[],
  { settings }: CascadeFinding,
): Promise<void> {
  const { cascade, saveCascade } = await import('@dmnn/runs');
  const [chosen] = settings;
  if (chosen) await saveCascade(folder, cascade(parts, chosen));
}
