import { macsRatio } from '@dmnn/flops';
import { countRow } from './count-row.js';
import { differenceReason } from './difference-reason.js';
import type { PaperNumbers, RowSystem } from '../rows/paper-numbers.js';
import { type PaperRow, paperRows } from '../rows/paper-rows.js';

/** Our numbers for a row of the paper; null where there is none. */
export interface OurNumbers {
  /** Batch norm's scales and shifts and linear biases included, moving statistics not. */
  readonly parameters: number | null;
  /**
   * Multiply–accumulates of one image: convolutions, linear layers, controllers. Of a dynamic network the mean that
   * its target rate asks for, which is not measured.
   */
  readonly macs: number | null;
  /** `macs` of the undivided backbone's, in percent. */
  readonly ratioPercent: number | null;
  /** Only ever measured. */
  readonly top1ErrorPercent: number | null;
}

/** A row of the paper, our numbers, and why they differ. */
export interface TableRow {
  /** As in {@link paperRows}. */
  readonly id: string;
  readonly table: number;
  readonly row: number;
  readonly model: string;
  readonly system: RowSystem;
  readonly paper: PaperNumbers;
  readonly ours: OurNumbers;
  /** Why ours differs from the paper's, or what agrees. */
  readonly reason: string;
}

/** Which rows {@link compareTables} compares, and what was measured. */
export interface CompareTablesOptions {
  /** 1 to 4. @defaultValue all */
  readonly table?: number | undefined;
  /** Top-1 errors of finished runs in percent, by row id. @defaultValue none */
  readonly measuredErrors?: ReadonlyMap<string, number>;
}

/**
 * The paper's Tables 1 to 4 with our counts next to its numbers, and the reason for every difference.
 *
 * Counting conventions are the paper's: one multiply–accumulate each, convolutions, linear layers and controllers;
 * batch norm, biases and activations not.
 *
 * @throws RangeError if there is no such table
 * @example
 * ```ts
 * import { compareTables } from '@dmnn/trainer/paper';
 *
 * const row = compareTables({ table: 1 }).find(({ id }) => id === 'table1/03-resnet50');
 * console.log(row?.paper.gflops, row?.ours.macs); // => 3.96 4089184256
 * ```
 */
export function compareTables(options: CompareTablesOptions = {}): TableRow[] {
  const { table, measuredErrors } = options;
  const rows = paperRows().filter(({ paper }) => table === undefined || paper.table === table);
  if (rows.length === 0) throw new RangeError(`table: expected 1 to 4, got ${table}`);
  return rows.map((row) => compareRow(row, measuredErrors?.get(row.id) ?? null));
}

function compareRow(paperRow: PaperRow, top1ErrorPercent: number | null): TableRow {
  const { id, paper } = paperRow;
  const { table, row, model, system } = paper;
  const counted = countRow(id);
  return {
    id,
    table,
    row,
    model,
    system,
    paper,
    ours: {
      parameters: counted?.parameters ?? null,
      macs: counted ? Math.round(counted.cost.macs) : null,
      ratioPercent: counted ? 100 * macsRatio(counted.cost.macs, counted.undividedMacs) : null,
      top1ErrorPercent,
    },
    reason: differenceReason(paperRow, counted),
  };
}
