import type { Dataset } from '@dmnn/data';
import type { ModelSource, OpenedNetworkData } from '@dmnn/runs';
import type { Evaluation, ExecutionComparison } from '@dmnn/trainer';
import { countText, millisecondsText, percentText } from '../../../text/count-text.js';
import { executionRatesText } from '../../../text/execution-rates-text.js';
import { tableText } from '../../../text/table-text.js';
import { budgetsText } from './eval-budgets.js';
import type { Findings } from './eval-findings.js';
import { againstText } from './against.js';
import { costText } from './cost-text.js';
import { gateControlsText } from './gate-control-text.js';

/** The findings as text. */
export function findingsText(
  { architecture, source }: OpenedNetworkData,
  test: Dataset,
  found: Findings,
): string {
  const columns = Object.entries({ masked: found.masked, skipping: found.skipping }).filter(
    (entry): entry is [string, Evaluation] => entry[1] !== undefined,
  );
  const row = (head: string, cell: (evaluation: Evaluation) => string): string[] => [
    head,
    ...columns.map(([, evaluation]) => cell(evaluation)),
  ];
  const [, first] = columns[0] as [string, Evaluation];
  const noise = found.noisyGates === undefined ? '' : `, with noise on the gates (seed ${found.noisyGates})`;
  return [
    `${architecture.name}, ${sourceText(source)}: ${test.size} test images of ${test.name}${noise}\n`,
    tableText(
      [{ head: '' }, ...columns.map(([head]) => ({ head, align: 'right' as const }))],
      [
        row('top-1 error', ({ error }) => `${error.top1ErrorPercent.toFixed(2)} %`),
        row('mean MACs', ({ cost }) => countText(cost.meanMacs)),
        row('of the undivided backbone', ({ cost }) => percentText(cost.macsRatio)),
        ...(first.gates.executionRate === null
          ? []
          : [row('gates open', ({ gates }) => percentText(gates.executionRate ?? 1))]),
        row('time per image', ({ timing }) => millisecondsText(timing.msPerImage)),
      ],
    ),
    ...(first.exits ? ['', exitsText(first.exits)] : []),
    ...(first.gates.executionRates.length > 0
      ? ['', executionRatesText(architecture, first.gates.executionRates)]
      : []),
    ...(found.comparison ? ['', comparisonText(found.comparison)] : []),
    ...(found.budgets ? ['', budgetsText(found.budgets)] : []),
    ...(found.against
      ? [
          '',
          againstText(
            found.against.map(({ finding }) => finding),
            found.against.map(({ budget }) =>
              budget === undefined ? 'as trained' : costText(budget, found.budgets?.unit ?? 'share'),
            ),
          ),
        ]
      : []),
    ...(found.controls ? ['', gateControlsText(found.controls, found.budgets?.unit)] : []),
  ].join('\n');
}

function exitsText(exits: NonNullable<Evaluation['exits']>): string {
  const right = (head: string) => ({ head, align: 'right' as const });
  return tableText(
    [{ head: 'if all images left at' }, right('top-1 error'), right('mean MACs'), right('of the backbone')],
    exits.map(({ top1ErrorPercent, meanMacs, macsRatio }, e) => [
      `exit ${e}`,
      `${top1ErrorPercent.toFixed(2)} %`,
      countText(meanMacs),
      percentText(macsRatio),
    ]),
  );
}

function sourceText(source: ModelSource): string {
  if (source.kind === 'imported') return `imported from ${source.importedFrom.file}`;
  return `epoch ${source.checkpoint.epoch}, step ${source.checkpoint.step}`;
}

function comparisonText(comparison: ExecutionComparison): string {
  const { images, gates, undecidedGates, undecidedDifferences, decidedDifferences, consequentDifferences } =
    comparison;
  const { imagesOfEqualGates, predictionDifferences, undecidedPredictionDifferences } = comparison;
  return [
    `masked and skipping over ${gates} gates: ${decidedDifferences} differ; of the ${undecidedGates} whose two ` +
      `logits are within 1e-4, ${undecidedDifferences} differ; as a consequence of those, ${consequentDifferences} differ`,
    `all gates equal for ${imagesOfEqualGates} of ${images} images: ${predictionDifferences} predictions differ, and ` +
      `${undecidedPredictionDifferences} more whose two largest logits are within 1e-4; largest difference of a logit ` +
      comparison.largestLogitDifference.toExponential(1),
  ].join('\n');
}
