import { describeConventions, paperConventions } from '@dmnn/flops';
import type { TableRow } from '@dmnn/trainer/paper';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { measuredErrors } from './reproduce-parts/measured-errors.js';
import { tableText } from '../../text/table-text.js';
import { wrapText } from '../../text/wrap-text.js';
import { jsonOption, integerOption, repeated } from '../options/common-options.js';

/** Options of `dmnn tables`. */
interface TablesOptions {
  readonly json?: boolean | undefined;
  /** Folders of finished runs. */
  readonly run?: readonly string[] | undefined;
}

interface TablesRequest extends TablesOptions {
  readonly table: number | undefined;
}

/** Prints the paper's tables: its numbers, ours, and why they differ. */
async function printTables(
  { table, json = false, run = [] }: TablesRequest,
  io: CommandIo,
): Promise<ExitCode> {
  const { compareTables } = await import('@dmnn/trainer/paper'); // loads the tensor library, which other commands do not need
  const rows = compareTables({
    table,
    measuredErrors: await measuredErrors(run),
  });
  if (json) {
    io.out(
      JSON.stringify(
        rows.map((row) => ({ ...row, command: commandOf(row) })),
        null,
        2,
      ),
    );
    return DONE;
  }
  for (const number of new Set(rows.map((row) => row.table))) {
    const own = rows.filter((row) => row.table === number);
    io.out(`Table ${number}: ${titles[number] ?? ''}\n`);
    io.out(numbersText(own));
    io.out(`\n${reasonsText(own, io.columns)}\n`);
    io.out(`Reproduce one: ${commandOf({ table: number, id: `table${number}/ROW` })}\n`);
  }
  io.out(
    'To try the method of any row on a small network: --scale laptop --data cifar100=PATH. To estimate cost and time: --dry-run.',
  );
  io.out(`Ours: ${describeConventions(paperConventions)}.`);
  io.out(
    'Ratios divide by the undivided backbone. Our error is printed only if a run measured it; – means no number.',
  );
  return DONE;
}

const titles: Readonly<Record<number, string>> = {
  1: 'ResNets on ImageNet',
  2: 'MobileNetV2 on ImageNet',
  3: 'ResNet-50 on CIFAR-100',
  4: 'previous state (PREV) and category loss (CAT) on ImageNet',
};

function numbersText(rows: readonly TableRow[]): string {
  const right = (head: string): { head: string; align: 'right' } => ({ head, align: 'right' });
  return tableText(
    [
      { head: 'row' },
      right('error %'),
      right('ours'),
      right('params M'),
      right('ours'),
      right('MACs G'),
      right('ours'),
      right('ratio %'),
      right('ours'),
    ],
    rows.map(({ id, paper, ours }) => [
      id.slice(id.indexOf('/') + 1),
      numberText(paper.top1ErrorPercent, 2),
      numberText(ours.top1ErrorPercent, 2),
      numberText(paper.paramsM, 2),
      numberText(ours.parameters === null ? null : ours.parameters / 1e6, 3),
      numberText(paper.gflops, 2),
      numberText(ours.macs === null ? null : ours.macs / 1e9, 3),
      numberText(paper.ratioPercent, 1),
      numberText(ours.ratioPercent, 1),
    ]),
  );
}

function numberText(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits);
}

/** The command that reproduces a row, with the row's data set. */
function commandOf({ table, id, system }: Pick<TableRow, 'table' | 'id'> & Partial<TableRow>): string {
  const from = system === 'taylor-pruning' ? ' --from RUN' : ''; // what is pruned
  return `dmnn reproduce ${id} --data ${table === 3 ? 'cifar100' : 'imagenet'}=PATH --out FOLDER${from}`;
}

/** Each reason once, after the numbers of its rows. */
function reasonsText(rows: readonly TableRow[], columns: number): string {
  const rowsOf = new Map<string, number[]>();
  for (const { row, reason } of rows) rowsOf.set(reason, [...(rowsOf.get(reason) ?? []), row]);
  return [...rowsOf]
    .map(([reason, numbers]) => {
      const head = numbers.join(', ').padStart(4);
      return `${head}  ${wrapText(reason, Math.max(columns, 60), 6).trimStart()}`;
    })
    .join('\n');
}

/** `dmnn tables` */
export const tablesCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('[table]', 'table 1 to 4 (default: all)', integerOption('table', { min: 1, max: 4 }))
      .option(
        '--run <folder>',
        "finished run of a row, to show its error next to the paper's; may be repeated",
        repeated,
      )
      .addOption(jsonOption());
  },
  request: (table: number | undefined, options: TablesOptions) => ({ table, ...options }),
  run: printTables,
});
