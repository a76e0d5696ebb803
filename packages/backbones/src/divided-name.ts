/** What the name of a divided network asks for. */
export interface DividedName {
  readonly backbone: string;
  /** Absent where the name does not say it: an option has to. */
  readonly subBlocks?: number | undefined;
  readonly widths?: 'solver' | 'share' | undefined;
}

/** How the names of divided networks look, for people. */
export const dividedForms: readonly string[] = ['dmnn-{BACKBONE}-n{N}', 'dmnn{50|101|152}-n{N}'];

const PATTERN =
  /^dmnn(?:-(?<base>[a-z].*?)|(?<depth>\d.*?))(?:-n(?<count>\d+)(?:-(?<widths>solver|share))?)?$/;

/** Takes `dmnn` and `-nN` off a name; undefined if it is not of a divided network. */
export function readDividedName(name: string): DividedName | undefined {
  const parts = PATTERN.exec(name)?.groups;
  if (!parts) return undefined;
  const { base, depth = '', count, widths } = parts;
  return {
    backbone: base ?? `resnet${depth}`, // the paper's DMNN-50 is made of ResNet-50
    subBlocks: count === undefined ? undefined : Number(count),
    widths: widths as 'solver' | 'share' | undefined,
  };
}
