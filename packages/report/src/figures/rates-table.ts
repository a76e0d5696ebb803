import type { DataTable } from '../data-table.js';
import { numericColumns } from '../data-table.js';
import { percentNumber } from '../drawing/number-text.js';
import type { ReportRun } from '../report-data.js';
import type { ImageSetRates } from './group-rates.js';

/** Execution rates of sets of images: one row per set, one column per sub-block. */
export function ratesTable(
  caption: string,
  setName: string,
  sets: readonly ImageSetRates[],
  run: ReportRun,
): DataTable {
  return {
    caption: `${caption}: share of the images that ran each sub-block, %`,
    columns: [
      { head: setName },
      ...numericColumns([
        'Images',
        'MACs, % of the undivided',
        ...run.blocks.flatMap(({ path, subBlocks }) =>
          Array.from({ length: subBlocks }, (_, n) => `${path}.${n}`),
        ),
      ]),
    ],
    rows: sets.map(({ name, images, meanMacs, executionRates }) => [
      name,
      String(images),
      percentNumber(meanMacs / run.undividedMacs),
      ...executionRates.flat().map(percentNumber),
    ]),
  };
}
