import { shellWord } from '@dmnn/foundation/node';
import type { PaperRow, SeedsReproduction, Spread } from '@dmnn/trainer/paper';
import type { Recipe } from '@dmnn/runs';
import { countText } from '../../../text/count-text.js';
import { tableText } from '../../../text/table-text.js';
import { wrapText } from '../../../text/wrap-text.js';

/** The paper's numbers for a row, in one line. */
export function paperText({ paper: { top1ErrorPercent, gflops, ratioPercent } }: PaperRow): string {
  return [
    `top-1 error ${top1ErrorPercent.toFixed(2)} %`,
    ...(gflops === null ? [] : [`${gflops.toFixed(2)} G multiply-accumulates`]),
    ...(ratioPercent === null ? [] : [`${ratioPercent.toFixed(1)} % of the undivided backbone's`]),
  ].join(', ');
}

/** A reproduction as `--json` prints it. @param set - assignments that changed the recipe */
export function reproductionJson(reproduction: SeedsReproduction, set: readonly string[]): object {
  const { row, scale, recipe, data, status, runs, ours } = reproduction;
  const { top1ErrorPercent, gflops, ratioPercent } = row.paper;
  const macsRatio = ratioPercent === null ? null : ratioPercent / 100;
  return {
    row: row.id,
    scale,
    status,
    data,
    model: recipe.model.name,
    epochs: recipe.epochs,
    set,
    seeds: runs.map(({ seed, folder, training, measured }) => ({
      seed,
      folder,
      status: training.status,
      step: training.step,
      steps: training.steps,
      ...(measured && {
        top1ErrorPercent: measured.top1ErrorPercent,
        meanMacs: measured.meanMacs,
        macsRatio: measured.macsRatio,
        executionRate: measured.executionRate,
      }),
    })),
    paper: { top1ErrorPercent, macs: gflops === null ? null : gflops * 1e9, macsRatio },
    ours: ours && {
      top1ErrorPercent: ours.top1ErrorPercent,
      macs: ours.meanMacs,
      macsRatio: ours.macsRatio,
      executionRate: ours.executionRate,
    },
    difference: ours && {
      top1ErrorPercent: ours.top1ErrorPercent.mean - top1ErrorPercent,
      macsRatio: macsRatio === null ? null : ours.macsRatio.mean - macsRatio,
    },
  };
}

/** A reproduction as text: the paper's numbers and ours. */
export function reproductionText(
  reproduction: SeedsReproduction,
  set: readonly string[],
  columns: number,
): string {
  const { row, status, runs, ours } = reproduction;
  const stopped = runs.find(({ training }) => training.status === 'interrupted');
  const lines = [
    ...(stopped
      ? [
          `interrupted in seed ${stopped.seed} after step ${stopped.training.step} of ${stopped.training.steps}; saved. ` +
            'Continue with the same command and --resume.',
        ]
      : []),
    ...(ours
      ? [`${headText(reproduction)}\n`, numbersText(reproduction), `\n${seedsText(reproduction)}`]
      : []),
    ...remarks(reproduction, set).map((remark) => wrapText(remark, Math.max(columns, 60), 0)),
    ...(status === 'finished'
      ? [`report: dmnn report ${runs.map(({ folder }) => shellWord(folder)).join(' ')} --out FOLDER`]
      : []),
  ];
  return stopped && !ours ? (lines[0] ?? row.id) : lines.join('\n');
}

function headText({ row, scale, recipe, data }: SeedsReproduction): string {
  return `${row.id} at ${scale} scale: ${recipe.model.name} on ${data}, ${epochsText(recipe)}`;
}

function epochsText({ epochs }: Recipe): string {
  return `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`;
}

function numbersText({ row, ours }: SeedsReproduction): string {
  if (!ours) return '';
  const { top1ErrorPercent, gflops, ratioPercent } = row.paper;
  const { meanMacs, macsRatio, executionRate } = ours;
  const ratio = scaled(macsRatio, 100);
  const right = (head: string): { head: string; align: 'right' } => ({ head, align: 'right' });
  return tableText(
    [{ head: '' }, right('paper'), right('ours'), right('difference')],
    [
      [
        'top-1 error, %',
        top1ErrorPercent.toFixed(2),
        spreadText(ours.top1ErrorPercent, 2),
        differenceText(ours.top1ErrorPercent.mean, top1ErrorPercent, 2),
      ],
      [
        'MACs per image',
        gflops === null ? '–' : `${gflops.toFixed(2)} G`,
        meanMacs.deviation === null
          ? countText(meanMacs.mean)
          : `${countText(meanMacs.mean)} ± ${countText(meanMacs.deviation)}`,
        '',
      ],
      [
        "of the undivided backbone's, %",
        ratioPercent === null ? '–' : ratioPercent.toFixed(1),
        spreadText(ratio, 1),
        ratioPercent === null ? '' : differenceText(ratio.mean, ratioPercent, 1),
      ],
      ...(executionRate ? [['gates open, %', '–', spreadText(scaled(executionRate, 100), 1), '']] : []),
    ],
  );
}

function scaled({ mean, deviation }: Spread, factor: number): Spread {
  return { mean: factor * mean, deviation: deviation === null ? null : factor * deviation };
}

function spreadText({ mean, deviation }: Spread, digits: number): string {
  return deviation === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}

function differenceText(ours: number, paper: number, digits: number): string {
  const difference = ours - paper;
  return `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(digits)}`;
}

function seedsText({ runs }: SeedsReproduction): string {
  const done = runs.flatMap(({ seed, measured }) => (measured ? [{ seed, ...measured }] : []));
  const errors = done.map(({ seed, top1ErrorPercent }) => `${seed}: ${top1ErrorPercent.toFixed(2)}`);
  const spread = done.length > 1 ? '; ± is the standard deviation over them' : '';
  return `top-1 error of each seed, %: ${errors.join(', ')}${spread}`;
}

/** Reasons why our numbers are not comparable with the paper's. */
function remarks({ scale, row, data, recipe, ours }: SeedsReproduction, set: readonly string[]): string[] {
  if (!ours) return [];
  return [
    ...(scale === 'laptop'
      ? [
          `The paper's numbers are for ${row.paper.model} with its own training, ours for another network on ${data} in ` +
            `${epochsText(recipe)}: the difference is not meaningful by itself. Compare with other rows at this scale.`,
        ]
      : []),
    ...(set.length > 0 ? [`The recipe was changed: ${set.join(', ')}.`] : []),
  ];
}
