import type { Work } from '../conventions.js';

/** One call of one layer, as passed to a counter. Shapes are those of one image, without the batch. */
export interface LayerCall {
  /** `Conv2D`, `Dense`, … */
  readonly className: string;
  readonly name: string;
  /** The result of the layer's `getConfig()`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputShapes: readonly (readonly number[])[];
  readonly outputShapes: readonly (readonly number[])[];
  /** Kernels first, then biases. */
  readonly weightShapes: readonly (readonly number[])[];
}

/** Returns the work of one call of a layer for one image; undefined if it is unknown. */
export type LayerCounter = (call: LayerCall) => Work | undefined;

/** Number of values in a tensor of this shape. */
export function volume(shape: readonly number[] | undefined): number {
  return (shape ?? []).reduce((product, size) => product * size, 1);
}

/** Number of output values of a call. */
export function outputsOf({ outputShapes }: LayerCall): number {
  return volume(outputShapes[0]);
}

/** Number of input values of a call. */
export function inputsOf({ inputShapes }: LayerCall): number {
  return volume(inputShapes[0]);
}

/** A number from the configuration. */
export function numberOf(call: LayerCall, key: string): number | undefined {
  const value = call.config[key];
  return typeof value === 'number' ? value : undefined;
}
