import type { Work } from '../work.js';

/** One call of one layer, as a counter sees it. Shapes are of one image: without the batch. */
export interface LayerCall {
  /** `Conv2D`, `Dense`, … */
  readonly className: string;
  readonly name: string;
  /** What the layer's `getConfig()` gives. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputShapes: readonly (readonly number[])[];
  readonly outputShapes: readonly (readonly number[])[];
  /** Kernels first, then biases. */
  readonly weightShapes: readonly (readonly number[])[];
}

/** Says what one call of a layer does for one image; undefined if it cannot tell. */
export type LayerCounter = (call: LayerCall) => Work | undefined;

/** Numbers in a tensor of this shape. */
export function volume(shape: readonly number[] | undefined): number {
  return (shape ?? []).reduce((product, size) => product * size, 1);
}

/** Numbers that leave a call. */
export function outputsOf({ outputShapes }: LayerCall): number {
  return volume(outputShapes[0]);
}

/** Numbers that enter a call. */
export function inputsOf({ inputShapes }: LayerCall): number {
  return volume(inputShapes[0]);
}

/** A number of the configuration. */
export function numberOf(call: LayerCall, key: string): number | undefined {
  const value = call.config[key];
  return typeof value === 'number' ? value : undefined;
}
