/** JSON of a configuration, read as an object: keys in Keras's spelling, such as `kernel_size`. */
export type KerasObject = Readonly<Record<string, unknown>>;

/** A layer or a model in the form of Keras 2, which TensorFlow.js reads. */
export interface KerasLayer {
  /** `Conv2D`, `Functional`, … */
  readonly class_name: string;
  readonly config: KerasObject;
  /** In a functional model: the name by which others refer to it. */
  readonly name?: string;
  /**
   * In a functional model: one entry for each call, which lists its inputs as
   * `[layer, index of the layer's call, index of the output, further arguments]`.
   */
  readonly inbound_nodes?: readonly (readonly KerasInput[])[];
}

/** An input of a call: `[layer, index of the layer's call, index of the output, further arguments]`. */
export type KerasInput = readonly [string, number, number, KerasObject];

/** Whether a value of JSON is an object. */
export function isObject(value: unknown): value is KerasObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The layers in the configuration of a model; undefined for a layer. */
export function layersIn(config: unknown): readonly unknown[] | undefined {
  if (Array.isArray(config)) return config as unknown[]; // Sequential of the first Keras 2
  const layers = isObject(config) ? config['layers'] : undefined;
  return Array.isArray(layers) ? layers : undefined;
}
