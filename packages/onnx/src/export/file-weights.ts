import { headLayers } from '@dmnn/architecture';
import { fixedPaddingOf } from '@dmnn/architecture/internal';
import type { FoldedUnit } from '@dmnn/weights/internal';
import type { FloatInitialiser, InitialiserReader } from '../graph/read-initialisers.js';
import { type FoldedWeights, type LinearLayer, cellLayers, controllerSizes } from './folded-weights.js';

/**
 * The numbers of a network as a portable file holds them. Filters lose the channels that were padded: they are zeros.
 *
 * @throws RangeError while they are read, if the file lacks some or they have other shapes
 */
export function fileWeights(
  initialisers: Pick<ReadonlyMap<string, InitialiserReader>, 'get'>,
): FoldedWeights {
  const read = (name: string, fits: (shape: readonly number[]) => boolean): FloatInitialiser => {
    const initialiser = initialisers.get(name)?.();
    if (!initialiser) throw new RangeError(`it has no ${name}`);
    if (fits(initialiser.shape)) return initialiser;
    throw new RangeError(`its ${name} has the shape [${initialiser.shape.join(', ')}]`);
  };
  const exactly = (name: string, shape: readonly number[]) =>
    read(name, (own) => own.join() === shape.join()).data;
  const linear = (path: string, inputs: number, outputs: number, hasBias: boolean): LinearLayer => ({
    inputs,
    outputs,
    weight: exactly(`${path}.weight`, [inputs, outputs]),
    bias: hasBias ? exactly(`${path}.bias`, [outputs]) : undefined,
  });
  const unitOf: FoldedWeights['unit'] = (path, of) => {
    const { kernelSize, stride, groups, inChannels, outChannels, activation } = of;
    const padding = fixedPaddingOf(of, path);
    const inner = inChannels / groups;
    const { shape, data } = read(
      `${path}.weight`,
      ([out = 0, into = 0, ...window]) =>
        out >= outChannels && into >= inner && window.join() === [kernelSize, kernelSize].join(),
    );
    const bias = read(`${path}.bias`, (own) => own.join() === String(shape[0])).data;
    const unit = { path, kernelSize, stride, padding, groups, inChannels, outChannels, activation };
    return { ...unit, weight: cropped(data, shape, unit), bias: bias.subarray(0, outChannels) };
  };
  return {
    unit: unitOf,
    // the bias is in that of the projection
    biasedProjection: (path, unit) => unitOf(`${path}.shortcut`, unit),
    bias: (path, channels) => exactly(`${path}.shift.bias`, [channels]),
    controller: (gated, previous) => {
      const { controller } = gated;
      const sizes = controllerSizes(gated, previous);
      const { path, units, embedUnits, count, channels, hasBias, previousUnits } = sizes;
      const isRecurrent = controller.kind === 'recurrent';
      return {
        embed: linear(
          `${path}.embed`,
          channels,
          embedUnits,
          hasBias || controller.kind === 'squeeze' || isRecurrent,
        ),
        ...(isRecurrent && {
          cell: cellLayers(sizes, (part, shape) => exactly(`${path}.cell.${part}`, shape)),
        }),
        carry: isRecurrent
          ? undefined
          : previousUnits === undefined
            ? undefined
            : linear(`${path}.carry`, previousUnits, units, hasBias),
        decide: linear(`${path}.decide`, units, count, true),
      };
    },
    head: (path, head) =>
      headLayers(head).map(({ name, inputs, outputs }) => linear(`${path}.${name}`, inputs, outputs, true)),
  };
}

/** The first channels of a filter `[out, in / groups, k, k]`. */
function cropped(
  filter: Float32Array,
  [, from = 0]: readonly number[],
  { outChannels, inChannels, groups, kernelSize }: Omit<FoldedUnit, 'weight' | 'bias'>,
): Float32Array {
  const area = kernelSize * kernelSize;
  const [row, kept] = [from * area, (inChannels / groups) * area];
  if (row === kept) return filter.subarray(0, outChannels * row);
  const weight = new Float32Array(outChannels * kept);
  for (let o = 0; o < outChannels; o++) weight.set(filter.subarray(o * row, o * row + kept), o * kept);
  return weight;
}
