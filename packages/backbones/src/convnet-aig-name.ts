import { convnetAigAlwaysOn } from './convnet-aig.js';

/** Names of the ConvNet-AIG networks that the zoo lists. */
export const convnetAigNames: readonly string[] = [
  'convnet-aig50',
  'convnet-aig50-all',
  'convnet-aig101',
  'convnet-aig-cifar-resnet20',
  'convnet-aig-cifar-resnet110',
];

/** Forms of the names of ConvNet-AIG networks, for messages. */
export const convnetAigForms: readonly string[] = ['convnet-aig-{BACKBONE}', 'convnet-aig{50|101|152}[-all]'];

/** The parts of a ConvNet-AIG name. */
export interface ConvNetAigName {
  readonly backbone: string;
  /** Depth in the short name, which determines the blocks without a gate; if undefined, all have one. */
  readonly depth?: number | undefined;
}

/** Removes `convnet-aig` from a name; undefined if the name does not start with it. */
export function readConvnetAigName(name: string): ConvNetAigName | undefined {
  const parts = /^convnet-aig(?:(?<depth>50|101|152)(?<all>-all)?|-(?<base>[a-z].*))$/.exec(name)?.groups;
  if (!parts) return undefined;
  const { depth, all, base } = parts;
  if (depth === undefined) return { backbone: base ?? '' };
  return { backbone: `resnet${depth}`, depth: all === undefined ? Number(depth) : undefined };
}

/** The shortest name of the network. */
export function convnetAigName(backbone: string, asPublished: boolean): string {
  const depth = /^resnet(50|101|152)$/.exec(backbone)?.[1];
  if (depth === undefined) return `convnet-aig-${backbone}`;
  const all = !asPublished && convnetAigAlwaysOn(Number(depth)).length > 0;
  return `convnet-aig${depth}${all ? '-all' : ''}`;
}
