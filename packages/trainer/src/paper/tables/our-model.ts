import { type Architecture, paperController } from '@dmnn/architecture';
import { type ModelOptions, createArchitecture } from '@dmnn/backbones';

/** What of ours stands beside a row of the paper. */
export interface OurModel {
  readonly architecture: Architecture;
  /** What the row's ratio divides by: the undivided backbone. */
  readonly backbone: Architecture;
}

/**
 * The network that a row of the paper is counted with.
 *
 * @param id - of a row
 * @returns undefined where no plain data say what is left: of a network pruned by Taylor scores
 */
export function ourModel(id: string): OurModel | undefined {
  const row = rowModels[id];
  if (!row) return undefined;
  const architecture = createArchitecture(row.model, row.options);
  return { architecture, backbone: architecture.undivided ?? createArchitecture(row.backbone ?? row.model) };
}

/** What a row's ratio divides by, if its network is neither divided from it nor it itself. */
export function rowBackbone(id: string): string | undefined {
  return rowModels[id]?.backbone;
}

/** Which network a row is counted with. */
interface RowModel {
  /** A name of the zoo. */
  readonly model: string;
  /** What its ratio divides by, if it is neither divided from it nor it itself. */
  readonly backbone?: string;
  readonly options?: ModelOptions;
}

/** PREV of Table 4 left out. */
const withoutPrevious = { controller: { ...paperController, previousState: 'none' } } as const;

const rowModels: Readonly<Record<string, RowModel>> = {
  'table1/01-resnet50-stride1x1': { model: 'resnet50-stride1x1', backbone: 'resnet50' },
  'table1/02-resnet50-pytorch': { model: 'resnet50' },
  'table1/03-resnet50': { model: 'resnet50' },
  'table1/05-resnext50-2x40d': { model: 'resnext50-2x40d', backbone: 'resnet50' },
  'table1/06-resnext50-4x24d': { model: 'resnext50-4x24d', backbone: 'resnet50' },
  'table1/07-convnet-aig50-t0.7': { model: 'convnet-aig50' },
  'table1/08-slimmable-resnet50-0.75': { model: 'resnet50-0.75', backbone: 'resnet50' },
  'table1/09-dmnn50-n2-t0.4': { model: 'dmnn50-n2' },
  'table1/10-dmnn50-n2-t0.5': { model: 'dmnn50-n2' },
  'table1/11-dmnn50-n2-t0.6': { model: 'dmnn50-n2' },
  'table1/12-dmnn50-n2-t0.7': { model: 'dmnn50-n2' },
  'table1/13-dmnn50-n3-t0.7': { model: 'dmnn50-n3' },
  'table1/14-dmnn50-n4-t0.7': { model: 'dmnn50-n4' },
  'table1/15-resnet101-stride1x1': { model: 'resnet101-stride1x1', backbone: 'resnet101' },
  'table1/16-resnet101-pytorch': { model: 'resnet101' },
  'table1/17-resnet101': { model: 'resnet101' },
  'table1/18-resnext101-2x40d': { model: 'resnext101-2x40d', backbone: 'resnet101' },
  'table1/19-convnet-aig101-t0.5': { model: 'convnet-aig101' },
  'table1/20-dmnn101-n2-t0.3': { model: 'dmnn101-n2' },
  'table1/21-dmnn101-n2-t0.5': { model: 'dmnn101-n2' },
  'table1/22-dmnn101-n2-t0.7': { model: 'dmnn101-n2' },
  'table2/01-mobilenetv2-authors': { model: 'mobilenetv2' },
  'table2/02-mobilenetv2': { model: 'mobilenetv2' },
  'table2/03-slimmable-mobilenetv2-0.75': { model: 'mobilenetv2-0.75', backbone: 'mobilenetv2' },
  'table2/04-dmnn-mobilenetv2-n2-t0.7': { model: 'dmnn-mobilenetv2-n2' },
  'table2/05-dmnn-mobilenetv2-n2-t0.8': { model: 'dmnn-mobilenetv2-n2' },
  'table2/06-dmnn-mobilenetv2-n2-t0.9': { model: 'dmnn-mobilenetv2-n2' },
  'table2/07-mobilenetv2-1.4-authors': { model: 'mobilenetv2-1.4' },
  'table2/08-mobilenetv2-1.4': { model: 'mobilenetv2-1.4' },
  'table2/09-dmnn-mobilenetv2-1.4-n2-t0.7': { model: 'dmnn-mobilenetv2-1.4-n2' },
  'table2/10-dmnn-mobilenetv2-1.4-n2-t0.8': { model: 'dmnn-mobilenetv2-1.4-n2' },
  'table2/11-dmnn-mobilenetv2-1.4-n2-t0.9': { model: 'dmnn-mobilenetv2-1.4-n2' },
  'table3/01-cifar-resnet50': { model: 'cifar-resnet50' },
  'table3/02-dmnn-cifar-resnet50-n2-t0.4': { model: 'dmnn-cifar-resnet50-n2' },
  'table3/03-dmnn-cifar-resnet50-n2-t0.6': { model: 'dmnn-cifar-resnet50-n2' },
  'table3/04-dmnn-cifar-resnet50-n2-t0.7': { model: 'dmnn-cifar-resnet50-n2' },
  'table4/01-resnet50': { model: 'resnet50' },
  'table4/02-dmnn50-n2-t0.7': { model: 'dmnn50-n2', options: withoutPrevious },
  'table4/03-dmnn50-n2-t0.7-prev': { model: 'dmnn50-n2' },
  'table4/04-dmnn50-n2-t0.7-cat': { model: 'dmnn50-n2', options: withoutPrevious },
  'table4/05-dmnn50-n2-t0.7-prev-cat': { model: 'dmnn50-n2' },
};
