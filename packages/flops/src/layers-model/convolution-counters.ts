import type { Work } from '../conventions.js';
import { activationOperationsOf } from './activation-operations.js';
import { type LayerCall, type LayerCounter, outputsOf, volume } from './layer-call.js';

/** Layers whose work is a product with a kernel: all convolutions, and Dense. */
export const convolutionCounters: { readonly [className: string]: LayerCounter } = {
  Conv1D: convolution,
  Conv2D: convolution,
  Conv3D: convolution,
  DepthwiseConv2D: convolution,
  SeparableConv: separable,
  SeparableConv2D: separable,
  Conv2DTranspose: transposed,
  Conv3DTranspose: transposed,
  Dense: dense,
  Dot: dot,
};

/** Every weight of the kernel is used once at each position of the output. */
function convolution(call: LayerCall): Work | undefined {
  return finished(call, positions(call, call.outputShapes[0]) * volume(call.weightShapes[0]));
}

/** The depth-wise kernel has the strides; both kernels are used at each position of the output. */
function separable(call: LayerCall): Work | undefined {
  const weights = volume(call.weightShapes[0]) + volume(call.weightShapes[1]);
  return finished(call, positions(call, call.outputShapes[0]) * weights);
}

/** Every weight of the kernel is used once at each position of the input. */
function transposed(call: LayerCall): Work | undefined {
  return finished(call, positions(call, call.inputShapes[0]) * volume(call.weightShapes[0]));
}

/** A linear layer, at each position if there are several. */
function dense(call: LayerCall): Work | undefined {
  const positionsOfInput = volume(call.inputShapes[0]?.slice(0, -1));
  return finished(call, positionsOfInput * volume(call.weightShapes[0]));
}

/** A product of two inputs, summed over one axis of each input. */
function dot(call: LayerCall): Work | undefined {
  const { axes, normalize } = call.config;
  const axis = (Array.isArray(axes) ? axes[0] : axes) as unknown;
  // axis 0 is the batch, which the shape of one image does not have
  const summed = typeof axis === 'number' ? call.inputShapes[0]?.at(axis > 0 ? axis - 1 : axis) : undefined;
  if (summed === undefined || axis === 0) return undefined;
  const inputs = call.inputShapes.reduce((sum, shape) => sum + volume(shape), 0);
  return {
    macs: outputsOf(call) * summed,
    activationOperations: normalize === true ? 3 * inputs : 0, // square, sum, divide
  };
}

/** Adds the bias and the activation of a layer's outputs; undefined if the activation is unknown. */
function finished(call: LayerCall, macs: number): Work | undefined {
  const outputs = outputsOf(call);
  const operations = activationOperationsOf(call.config['activation']);
  if (operations === undefined) return undefined;
  return {
    macs,
    biasOperations: call.config['useBias'] === true ? outputs : 0,
    activationOperations: operations * outputs,
  };
}

/** Pixels (or steps, or voxels) of a map: all axes except the channels. */
function positions(call: LayerCall, shape: readonly number[] = []): number {
  return volume(call.config['dataFormat'] === 'channelsFirst' ? shape.slice(1) : shape.slice(0, -1));
}
