import {
  type Conventions,
  type LayerCount,
  type NetworkCount,
  countNetwork,
  describeConventions,
} from '@dmnn/flops';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { conventionWords, conventionsOption } from '../options/conventions-option.js';
import { countText, percentText } from '../../text/count-text.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { namedArchitecture } from '../options/named-architecture.js';
import { tableText } from '../../text/table-text.js';
import { jsonOption, integerOption } from '../options/common-options.js';

/** Options of `dmnn summary`. */
interface SummaryOptions {
  readonly classes?: number | undefined;
  readonly conventions?: Conventions | undefined;
  readonly imageSize?: number | undefined;
  readonly json?: boolean | undefined;
}

interface SummaryRequest extends SummaryOptions {
  readonly model: string;
}

/** Prints one model layer by layer, sub-block by sub-block. */
function printSummary({ model, ...options }: SummaryRequest, io: CommandIo): ExitCode {
  const architecture = namedArchitecture(model, { classes: options.classes });
  const count = countNetwork(architecture, {
    imageSizePx: options.imageSize,
    conventions: options.conventions,
  });
  if (options.json) {
    io.out(JSON.stringify(count, null, 2));
    return DONE;
  }
  const { name, imageSizePx } = count;
  const from = architecture.undivided ? `, divided from ${architecture.undivided.name}` : '';
  io.out(`${name}${from}: ${imageSizePx} × ${imageSizePx} px, ${architecture.head.classes} classes\n`);
  io.out(layerTable(count));
  io.out(`\n${totals(count)}`);
  io.out(describeConventions(count.conventions));
  return DONE;
}

function layerTable(count: NetworkCount): string {
  const rows: string[][] = [];
  for (const [path, layers] of grouped(count.layers, groupPath)) {
    rows.push(sumCells(path, gateText(layers), layers));
    for (const [subPath, subLayers] of grouped(layers, ({ path: layer }) => subGroup(path, layer))) {
      const within = subPath === '' ? path : `${path}.${subPath}`;
      if (subPath !== '' && subLayers.length > 1) rows.push(sumCells(`  ${subPath}`, '', subLayers));
      const indent = subPath !== '' && subLayers.length > 1 ? '    ' : '  ';
      for (const layer of subLayers) {
        const name =
          subLayers.length > 1 ? layer.path.slice(within.length + 1) : layer.path.slice(path.length + 1);
        rows.push(layerCells(`${indent}${name === '' ? layer.path : name}`, layer));
      }
    }
  }
  return tableText(
    [
      { head: 'layer' },
      { head: 'operation' },
      { head: 'output' },
      { head: 'parameters', align: 'right' },
      { head: count.conventions.unit === 'macs' ? 'MACs' : 'FLOPs', align: 'right' },
      { head: 'share', align: 'right' },
    ],
    rows.map((row) => [
      ...row.slice(0, 4),
      countText(Number(row[4])),
      percentText(Number(row[4]) / count.macs),
    ]),
  );
}

function totals(count: NetworkCount): string {
  const { parameters, macs, fixedMacs, gatedMacs, controllerMacs } = count;
  const unit = count.conventions.unit === 'macs' ? 'MACs' : 'FLOPs';
  const parts = `fixed ${countText(fixedMacs)}, gated ${countText(gatedMacs)}, controllers ${countText(controllerMacs)}`;
  return `${countText(parameters)} parameters, ${countText(macs)} ${unit} with all gates open (${parts})`;
}

/** `stem`, `stage0.block0`, `head`, `controllers`. */
function groupPath({ path }: LayerCount): string {
  const [first = '', second] = path.split('.');
  return first.startsWith('stage') && second !== undefined ? `${first}.${second}` : first;
}

/** Within a block: `shortcut`, `subblock0`, `controller`; else nothing. */
function subGroup(group: string, layer: string): string {
  return group.startsWith('stage') ? (layer.slice(group.length + 1).split('.')[0] ?? '') : '';
}

function gateText(layers: readonly LayerCount[]): string {
  const gated = layers.find(({ part }) => part === 'gated');
  return gated?.blockIndex === undefined ? '' : `gated, block ${gated.blockIndex}`;
}

function sumCells(name: string, remark: string, layers: readonly LayerCount[]): string[] {
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  return [name, remark, '', countText(parameters), String(macs)];
}

function layerCells(name: string, layer: LayerCount): string[] {
  return [name, layer.operation, layer.outShape.join(' × '), countText(layer.parameters), String(layer.macs)];
}

function grouped<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** `dmnn summary` */
export const summaryCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<model>', 'a model of the zoo, or an architecture in a .json file')
      .option('--classes <count>', 'number of classes', integerOption('--classes', { min: 1 }))
      .option(
        '--image-size <px>',
        'image side in pixels',
        integerOption('--image-size', { min: 1, unit: 'pixels' }),
      )
      .option(
        '--conventions <words>',
        `counting conventions, separated by commas: ${conventionWords.join(', ')}`,
        conventionsOption,
      )
      .addOption(jsonOption());
  },
  request: (model: string, options: SummaryOptions) => ({ model, ...options }),
  run: printSummary,
});
