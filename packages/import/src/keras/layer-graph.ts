import { printable } from '@dmnn/foundation';
import type { KerasFile, KerasFileLayer } from './keras-file.js';
import { KerasFileError } from './keras-file-error.js';
import { passing } from './known-layers.js';

/** The layers of a model by what they feed, without those that change nothing. */
export class LayerGraph {
  readonly #layers = new Map<string, KerasFileLayer>();
  readonly #consumers = new Map<string, KerasFileLayer[]>();
  /** Inputs of each layer, past those that change nothing. */
  readonly #inputs = new Map<string, readonly string[]>();
  readonly output: string;

  /** @throws KerasFileError if the layers do not come after their inputs */
  constructor({ layers, output }: Pick<KerasFile, 'layers' | 'output'>) {
    const stands = new Map<string, string>(); // for what a layer's output stands
    for (const layer of layers) {
      const inputs = layer.inputs.map((each) => {
        const input = stands.get(each);
        if (input !== undefined) return input;
        throw notHere(layer, 'inputs from layers before it');
      });
      const [only] = inputs;
      if (passing.has(layer.className) && only !== undefined && inputs.length === 1) {
        stands.set(layer.name, only);
        continue;
      }
      stands.set(layer.name, layer.name);
      this.#layers.set(layer.name, layer);
      this.#inputs.set(layer.name, inputs);
      for (const input of inputs) this.#consumers.set(input, [...(this.#consumers.get(input) ?? []), layer]);
    }
    this.output = stands.get(output) ?? output;
  }

  /** The one layer without inputs: a model's `InputLayer`, or the first of a sequence. */
  get first(): KerasFileLayer {
    const [first, other] = [...this.#layers.values()].filter(({ name }) => this.inputsOf(name).length === 0);
    if (first && !other) return first;
    throw new KerasFileError(
      'layers',
      `expected a model with one input, got ${other ? 'several' : 'none'}.`,
      [
        'Save a model with one image as its input and one output: keras.Model(inputs, outputs).save("model.keras").',
      ],
    );
  }

  inputsOf(name: string): readonly string[] {
    return this.#inputs.get(name) ?? [];
  }

  /** The layers that take an output; one that takes it twice is there twice. */
  after(name: string): readonly KerasFileLayer[] {
    return this.#consumers.get(name) ?? [];
  }

  /** The layer that alone takes an output, if it is of one of these classes. */
  next(name: string, ...classNames: readonly string[]): KerasFileLayer | undefined {
    const [only, other] = this.after(name);
    return only && !other && classNames.includes(only.className) ? only : undefined;
  }
}

/** An error about a layer that cannot stand where it does. */
export function notHere(
  { className, name }: Pick<KerasFileLayer, 'className' | 'name'>,
  expected: string,
): KerasFileError {
  return new KerasFileError(
    'layers',
    `layer ${printable(name, 100)} (${printable(className, 60)}): expected ${expected}.`,
    [
      'Networks like ResNet and MobileNetV2 can be imported: units of a convolution, a batch norm and a ReLU, in blocks.',
    ],
  );
}
