import { assertFinite } from './assert-finite.js';
import { reportDataError } from './report-data-error.js';
import type { ReportData, ReportRun, RunEvaluation } from './report-data.js';

/**
 * Checks what types cannot express: numbers are finite, run names are unique, rates are in [0, 1] and match the run's
 * blocks, every image has a cost, and pictures are embedded in the data instead of linked.
 *
 * @throws DmnnError `DMNN_REPORT_DATA` naming the first invalid value
 */
export function assertReportData(data: ReportData): void {
  assertFinite('', data);
  const names = new Set<string>();
  for (const [index, run] of data.runs.entries()) {
    const path = `runs[${index}]`;
    if (names.has(run.name)) {
      throw reportDataError(`${path}.name`, `expected a unique name, got '${run.name}' again`);
    }
    names.add(run.name);
    if (!(run.undividedMacs > 0)) {
      throw reportDataError(`${path}.undividedMacs`, `expected a number > 0, got ${run.undividedMacs}`);
    }
    if (!(run.training.stepsPerEpoch > 0)) {
      throw reportDataError(
        `${path}.training.stepsPerEpoch`,
        `expected a number > 0, got ${run.training.stepsPerEpoch}`,
      );
    }
    if (run.evaluation) assertEvaluation(`${path}.evaluation`, run.evaluation, run);
  }
  for (const [index, { run }] of data.budgets.entries()) {
    if (!names.has(run)) {
      throw reportDataError(`budgets[${index}].run`, `expected the name of a run, got '${run}'`);
    }
  }
}

function assertEvaluation(path: string, evaluation: RunEvaluation, { blocks }: ReportRun): void {
  const { images, perImageMacs, executionRates, categories, samples } = evaluation;
  if (images < 1 || perImageMacs.length !== images) {
    throw reportDataError(
      `${path}.perImageMacs`,
      `expected a cost for each of the ${images} images (at least one), got ${perImageMacs.length}`,
    );
  }
  const lengths = blocks.map(({ subBlocks }) => subBlocks);
  assertRates(`${path}.executionRates`, executionRates, lengths);
  for (const [c, category] of categories.entries()) {
    assertRates(`${path}.categories[${c}].executionRates`, category.executionRates, lengths);
  }
  for (const [s, { easiest, hardest }] of samples.entries()) {
    for (const [key, list] of Object.entries({ easiest, hardest })) {
      for (const [i, { png }] of list.entries()) {
        if (/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/.test(png)) continue;
        throw reportDataError(
          `${path}.samples[${s}].${key}[${i}].png`,
          `expected a data:image/png;base64 URI, got '${png.slice(0, 40)}'`,
        );
      }
    }
  }
}

function assertRates(path: string, rates: readonly (readonly number[])[], lengths: readonly number[]): void {
  const got = rates.map((block) => block.length);
  if (got.join() !== lengths.join()) {
    throw reportDataError(
      path,
      `expected the sub-blocks of the run's gated blocks, [${lengths.join(', ')}], got [${got.join(', ')}]`,
    );
  }
  const outside = rates.flat().find((rate) => rate < 0 || rate > 1);
  if (outside !== undefined) {
    throw reportDataError(path, `expected rates in [0, 1], got ${outside}`);
  }
}
