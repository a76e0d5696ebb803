import type { Architecture } from '@dmnn/architecture';
import { cifarBottleneckResnet } from './cifar-bottleneck-resnet.js';
import { cifarMobilenetV2 } from './cifar-mobilenet-v2.js';
import { cifarResnet, isCifarDepth } from './cifar-resnet.js';
import { cifarResnext, isCifarBottleneckDepth } from './cifar-resnext.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { type BottleneckDepth, type ResNetDepth, isBottleneckDepth, resnet } from './resnet.js';
import { resnext } from './resnext.js';

/** Classes and image size: what every builder takes and no name says. */
export interface Task {
  readonly classes?: number;
  readonly imageSizePx?: number;
}

/** Networks of one kind, found by their names. */
export interface Family {
  /** How the names look, for people. */
  readonly form: string;
  /** Named groups are what {@link Family.build} reads. */
  readonly pattern: RegExp;
  /** What the pattern cannot say, such as a rule for the depth. */
  accepts?(parts: NameParts): boolean;
  /** @param dynamic - whether it will be divided; changes defaults only */
  build(parts: NameParts, task: Task, dynamic: boolean): Architecture;
  /** What stands between `dmnn` and `-nN` in the name of a divided network of this family. */
  dynamicName(backboneName: string): string;
}

/** The parts of a name; absent where the name leaves them out. */
export type NameParts = Readonly<Record<string, string | undefined>>;

/** All families; no name fits two. */
export const families: readonly Family[] = [
  {
    form: 'resnet{18|34|50|101|152}[-WIDTH][-stride1x1]',
    pattern: /^resnet(?<depth>18|34|50|101|152)(?:-(?<width>\d+(?:\.\d+)?))?(?<original>-stride1x1)?$/,
    build: ({ depth, width, original }, task) =>
      resnet({
        depth: Number(depth) as ResNetDepth,
        width: Number(width ?? 1),
        strideOn: original ? '1x1' : '3x3',
        ...task,
      }),
    // the paper's DMNN-50 is made of ResNet-50
    dynamicName: (name) => (/^resnet(?:50|101|152)\b/.test(name) ? name.replace('resnet', '') : `-${name}`),
  },
  {
    form: 'resnext{50|101|152}-{GROUPS}x{WIDTH}d',
    pattern: /^resnext(?<depth>50|101|152)-(?<groups>\d+)x(?<groupWidth>\d+)d$/,
    build: ({ depth, groups, groupWidth }, task) =>
      resnext({
        depth: Number(depth) as BottleneckDepth,
        groups: Number(groups),
        groupWidth: Number(groupWidth),
        ...task,
      }),
    dynamicName: (name) => `-${name}`,
  },
  {
    form: 'mobilenetv2[-WIDTH][-floor|-divisor8]',
    pattern: /^mobilenetv2(?:-(?<width>\d+(?:\.\d+)?))?(?:-(?<rounding>floor|divisor8))?$/,
    build: (parts, task, dynamic) => mobilenetV2({ ...mobilenetChannels(parts, dynamic), ...task }),
    dynamicName: dynamicMobilenetName,
  },
  {
    form: 'cifar-mobilenetv2[-WIDTH][-floor|-divisor8]',
    pattern: /^cifar-mobilenetv2(?:-(?<width>\d+(?:\.\d+)?))?(?:-(?<rounding>floor|divisor8))?$/,
    build: (parts, task, dynamic) => cifarMobilenetV2({ ...mobilenetChannels(parts, dynamic), ...task }),
    dynamicName: dynamicMobilenetName,
  },
  {
    form: 'cifar-resnext{9n+2}-{GROUPS}x{GROUPWIDTH}d[-WIDTH]',
    // not called width: a narrow group is no slice of a wide one, so no slimmable network is made of it
    pattern:
      /^cifar-resnext(?<depth>\d{1,4})-(?<groups>\d+)x(?<groupWidth>\d+)d(?:-(?<scale>\d+(?:\.\d+)?))?$/,
    accepts: ({ depth }) => isCifarBottleneckDepth(Number(depth)),
    build: ({ depth, groups, groupWidth, scale }, task) =>
      cifarResnext({
        depth: Number(depth),
        groups: Number(groups),
        groupWidth: Number(groupWidth),
        width: Number(scale ?? 1),
        ...task,
      }),
    dynamicName: (name) => `-${name}`,
  },
  {
    form: 'cifar-resnet{50|101|152}[-WIDTH]',
    pattern: /^cifar-resnet(?<depth>50|101|152)(?:-(?<width>\d+(?:\.\d+)?))?$/,
    build: ({ depth, width }, task) =>
      cifarBottleneckResnet({ depth: Number(depth) as BottleneckDepth, width: Number(width ?? 1), ...task }),
    dynamicName: (name) => `-${name}`,
  },
  {
    form: 'cifar-resnet{6n+2}[-basic][-WIDTH][-pad]',
    pattern: /^cifar-resnet(?<depth>\d{1,4})(?<basic>-basic)?(?:-(?<width>\d+(?:\.\d+)?))?(?<pad>-pad)?$/,
    // 50 and 152 fit the rule too, but their bare names are the bottlenecks'
    accepts: ({ depth, basic }) =>
      isCifarDepth(Number(depth)) && isBottleneckDepth(Number(depth)) === (basic !== undefined),
    build: ({ depth, width, pad }, task) =>
      cifarResnet({
        depth: Number(depth),
        width: Number(width ?? 1),
        shortcut: pad ? 'pad' : 'projection',
        ...task,
      }),
    dynamicName: (name) => `-${name}`,
  },
];

/** The family a backbone's name belongs to, and the name's parts; undefined if there is none. */
export function familyOf(backboneName: string): { family: Family; parts: NameParts } | undefined {
  for (const family of families) {
    const parts = family.pattern.exec(backboneName)?.groups;
    if (parts && (family.accepts?.(parts) ?? true)) return { family, parts };
  }
  return undefined;
}

/** The paper's counts of its dynamic networks come out with channels rounded down. */
function mobilenetChannels(
  { width, rounding }: NameParts,
  dynamic: boolean,
): { readonly width: number; readonly rounding: 'floor' | 'divisor-8' } {
  const floor = rounding ? rounding === 'floor' : dynamic;
  return { width: Number(width ?? 1), rounding: floor ? 'floor' : 'divisor-8' };
}

/** Rounding down is what a dynamic network's name means where it says nothing. */
function dynamicMobilenetName(name: string): string {
  if (name.endsWith('-floor')) return `-${name.slice(0, -6)}`;
  return name.endsWith('mobilenetv2') ? `-${name}` : `-${name}-divisor8`; // at width 1 they are the same
}
