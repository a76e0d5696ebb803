import { type GraphCall, numbersOf, textOf } from './graph-call.js';

/** The shape of a map after a window with strides; undefined if padding or shapes are of another kind. */
export function mapShape(
  call: GraphCall,
  input: readonly number[],
  window: readonly number[],
  channels: number,
): number[] | undefined {
  const rank = input.length;
  const channelsAt = channelAxis(call, rank);
  const axes = input.map((_, axis) => axis).filter((axis) => axis !== 0 && axis !== channelsAt);
  const strides = perAxis(numbersOf(call, 'strides') ?? numbersOf(call, 'stride'), rank);
  const dilations = perAxis(numbersOf(call, 'dilations') ?? numbersOf(call, 'dilation') ?? [1], rank);
  const explicit = numbersOf(call, 'explicitPaddings') ?? [];
  if (!strides || !dilations || window.length < axes.length) return undefined;
  const shape = [...input];
  shape[channelsAt] = channels;
  for (const [i, axis] of axes.entries()) {
    const size = input[axis] ?? 0;
    const extent = ((window[i] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const stride = strides[axis] ?? 1;
    switch (textOf(call, 'pad').toLowerCase()) {
      case 'same':
        shape[axis] = Math.ceil(size / stride);
        break;
      case 'valid':
        shape[axis] = Math.floor((size - extent) / stride) + 1;
        break;
      case 'explicit': {
        const padded = size + (explicit[2 * axis] ?? 0) + (explicit[2 * axis + 1] ?? 0);
        shape[axis] = Math.floor((padded - extent) / stride) + 1;
        break;
      }
      default:
        return undefined;
    }
  }
  return shape;
}

/** One number for each axis of a tensor; one alone is for all axes of the map. */
function perAxis(numbers: readonly number[] | undefined, rank: number): readonly number[] | undefined {
  if (numbers?.length === rank) return numbers;
  return numbers?.length === 1 ? Array.from({ length: rank }, () => numbers[0] ?? 1) : undefined;
}

/** The axis of the channels: the last, or the first after the batch. */
export function channelAxis(call: GraphCall, rank: number): number {
  return /^nc/i.test(textOf(call, 'dataFormat')) ? 1 : rank - 1;
}
