import type { ComparedNumbers, PaperComparison, ReportRun } from '@dmnn/report';
import type { RunConfig } from '@dmnn/runs';
import { type TableRow, compareTables, paperRows } from '@dmnn/trainer/paper';
import { rowDifferences } from './row-differences.js';

/** A run of a report and its configuration. */
export interface ConfiguredRun {
  readonly run: ReportRun;
  readonly config: RunConfig;
}

/** The data set of each table of the paper. */
const tablesOf: Readonly<Record<string, readonly number[]>> = { cifar100: [3], imagenet: [1, 2, 4] };

/**
 * Compares the paper's tables on the runs' data with our runs. Our error comes from a finished run of exactly the row's
 * recipe; a later run of the same row replaces an earlier one.
 */
export function paperComparisons(runs: readonly ConfiguredRun[]): PaperComparison[] {
  const tables = new Set(runs.flatMap(({ run }) => tablesOf[run.data] ?? []));
  const measured = new Map<string, ReportRun>();
  for (const one of runs) if (rowRemark(one) === null) measured.set(one.run.recipe, one.run);
  return compareTables()
    .filter(({ table, id }) => tables.has(table) || measured.has(id))
    .map((row) => comparison(row, measured.get(row.id)));
}

/**
 * Explains in a sentence why a run of a row's recipe does not reproduce the row.
 *
 * @returns null if it does, undefined if its recipe belongs to no row
 */
export function rowRemark({ run, config }: ConfiguredRun): string | null | undefined {
  if (!paperRows().some(({ id }) => id === run.recipe)) return undefined;
  const differing = rowDifferences(run.recipe, config);
  const done = run.training.epochs.at(-1);
  if (!done?.test || done.epoch < run.epochs)
    differing.push(`number of epochs done (${run.training.epochs.length})`);
  if (differing.length === 0 && config.recipe.slimmable)
    return `It is the paper's row ${run.recipe}, which is about one of its widths; the numbers here are for the full width, so they are not compared with the row's. dmnn tables --run prints the row's.`;
  if (differing.length === 0) return null;
  return `Its recipe is the paper's row ${run.recipe} with another ${differing.join(', ')}, so its error is not compared with the row's.`;
}

function comparison({ id, paper, ours, reason }: TableRow, run: ReportRun | undefined): PaperComparison {
  const measured = run && measuredNumbers(run);
  return {
    id,
    paper: {
      topOneErrorPercent: paper.top1ErrorPercent,
      parameters: paper.paramsM === null ? null : paper.paramsM * 1e6,
      macs: paper.gflops === null ? null : paper.gflops * 1e9,
      macsRatio: paper.ratioPercent === null ? null : paper.ratioPercent / 100,
    },
    ours: measured ?? countedNumbers(ours),
    run: run?.name ?? null,
    reason,
  };
}

function countedNumbers({ parameters, macs, ratioPercent }: TableRow['ours']): ComparedNumbers {
  return {
    topOneErrorPercent: null,
    parameters,
    macs,
    macsRatio: ratioPercent === null ? null : ratioPercent / 100,
  };
}

function measuredNumbers({ parameters, undividedMacs, training }: ReportRun): ComparedNumbers | undefined {
  const test = training.epochs.at(-1)?.test;
  if (!test) return undefined;
  const { topOneErrorPercent, macsRatio } = test;
  return { topOneErrorPercent, parameters, macs: macsRatio * undividedMacs, macsRatio };
}
