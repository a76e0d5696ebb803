/** The parts of the name of a divided network. */
export interface DividedName {
  readonly backbone: string;
  /** Absent if the name does not contain it; an option must give it then. */
  readonly subBlocks?: number | undefined;
  readonly widths?: 'solver' | 'share' | 'lanes' | undefined;
}

/** Forms of the names of divided networks, for messages. */
export const dividedForms: readonly string[] = ['dmnn-{BACKBONE}-n{N}', 'dmnn{50|101|152}-n{N}'];

const PATTERN =
  /^dmnn(?:-(?<base>[a-z].*?)|(?<depth>\d.*?))(?:-n(?<count>\d+)(?:-(?<widths>solver|share|lanes))?)?$/;

/** Removes `dmnn` and `-nN` from a name; undefined if it is not the name of a divided network. */
export function readDividedName(name: string): DividedName | undefined {
  const parts = PATTERN.exec(name)?.groups;
  if (!parts) return undefined;
  const { base, depth = '', count, widths } = parts;
  return {
    backbone: base ?? `resnet${depth}`, // the paper's DMNN-50 is a divided ResNet-50
    subBlocks: count === undefined ? undefined : Number(count),
    widths: widths as DividedName['widths'],
  };
}
