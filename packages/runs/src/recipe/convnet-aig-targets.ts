/**
 * The target rates of ConvNet-AIG's published results, one for each block of the network: 1 where the block has no gate.
 *
 * @param name - `convnet-aig50` or `convnet-aig101`, as the zoo builds them
 * @param t - of the schedule
 * @see the README of andreasveit/convnet-aig, "Target Rate schedules"
 */
export function convnetAigTargets(name: 'convnet-aig50' | 'convnet-aig101', t: number): number[] {
  switch (name) {
    case 'convnet-aig50':
      return [1, 1, 0.8, 1, t, t, t, 1, t, t, t, t, t, 1, 0.7, 1];
    case 'convnet-aig101':
      return Array.from({ length: 33 }, (_, index) => (index < 8 ? 1 : t));
    default:
      return name satisfies never;
  }
}
