import { createArchitecture, modelNames } from '@dmnn/backbones';
import { countNetwork } from '@dmnn/flops';

/** A model of the zoo and what it costs: one image, all gates open. */
export interface ModelListing {
  /** The name that `createNetwork` takes. */
  readonly name: string;
  /** Batch norm's scales and shifts and linear biases included, moving statistics not. */
  readonly parameters: number;
  /** `fixedMacs + gatedMacs + controllerMacs`: convolutions and linear layers, one multiply–accumulate each. */
  readonly macs: number;
  /** Cost of every image: stem, shortcuts, blocks without a controller, head. */
  readonly fixedMacs: number;
  /** Cost of the gated sub-blocks. */
  readonly gatedMacs: number;
  readonly controllerMacs: number;
  /** Side of the square image that was counted, in pixels. */
  readonly imageSizePx: number;
}

/**
 * The named models of the zoo, with their parameters and multiply–accumulates. Needs no tensor library.
 *
 * Names follow patterns, so more models exist than are listed: any N, width or depth works.
 *
 * @example
 * ```ts
 * import { listModels } from 'dmnn';
 *
 * const resnet50 = listModels().find(({ name }) => name === 'resnet50');
 * console.log(resnet50?.parameters, resnet50?.macs); // => 25557032 4089184256
 * ```
 */
export function listModels(): ModelListing[] {
  return modelNames().map((name) => {
    const { parameters, macs, fixedMacs, gatedMacs, controllerMacs, imageSizePx } = countNetwork(
      createArchitecture(name),
    );
    return { name, parameters, macs, fixedMacs, gatedMacs, controllerMacs, imageSizePx };
  });
}
