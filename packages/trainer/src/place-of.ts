/** `stage1.block0` of `stage1.block0.subblock1.unit2.weight`; `stem`, `head` and the like otherwise. */
export function placeOf(name: string): string {
  const own = name.replace(/^width[\d.]+\//, ''); // of a slimmable network's narrow width
  return /^stage\d+\.block\d+/.exec(own)?.[0] ?? (own.split('.')[0] as string);
}
