import { convnetAigAlwaysOn } from './convnet-aig.js';

/** Names of ConvNet-AIG's networks that the zoo lists. */
export const convnetAigNames: readonly string[] = [
  'convnet-aig50',
  'convnet-aig50-all',
  'convnet-aig101',
  'convnet-aig-cifar-resnet20',
  'convnet-aig-cifar-resnet110',
];

/** How the names of ConvNet-AIG's networks look, for people. */
export const convnetAigForms: readonly string[] = ['convnet-aig-{BACKBONE}', 'convnet-aig{50|101|152}[-all]'];

/** What a name of ConvNet-AIG's asks for. */
export interface ConvNetAigName {
  readonly backbone: string;
  /** Its short name's depth, which says which blocks have no gate; undefined: all have one. */
  readonly depth?: number | undefined;
}

/** Takes `convnet-aig` off a name; undefined if it does not begin so. */
export function readConvnetAigName(name: string): ConvNetAigName | undefined {
  const parts = /^convnet-aig(?:(?<depth>50|101|152)(?<all>-all)?|-(?<base>[a-z].*))$/.exec(name)?.groups;
  if (!parts) return undefined;
  const { depth, all, base } = parts;
  if (depth === undefined) return { backbone: base ?? '' };
  return { backbone: `resnet${depth}`, depth: all === undefined ? Number(depth) : undefined };
}

/** The shortest of the names that mean the same. */
export function convnetAigName(backbone: string, asPublished: boolean): string {
  const depth = /^resnet(50|101|152)$/.exec(backbone)?.[1];
  if (depth === undefined) return `convnet-aig-${backbone}`;
  const all = !asPublished && convnetAigAlwaysOn(Number(depth)).length > 0;
  return `convnet-aig${depth}${all ? '-all' : ''}`;
}
