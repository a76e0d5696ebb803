import { type ConvUnit, type GatedBlock, type Head, blockInChannels, headLayers } from '@dmnn/architecture';
import {
  type FoldedUnit,
  type WeightReader,
  batchNormLine,
  decideWeightName,
  foldedUnit,
} from '@dmnn/weights/internal';

/** A linear layer: features · weight + bias. */
export interface LinearLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** `[inputs, outputs]` */
  readonly weight: Float32Array;
  /** `[outputs]` */
  readonly bias: Float32Array | undefined;
}

/** The step of an LSTM: gates i, f, g and o side by side. */
export interface CellLayers {
  /** `[embedUnits, 4 · hiddenUnits]`, with the bias. */
  readonly input: LinearLayer;
  /** `[hiddenUnits, 4 · hiddenUnits]`; absent in the first of the network, whose states are 0. */
  readonly state: LinearLayer | undefined;
}

/** Layers of a controller. */
interface ControllerLayers {
  /** From the mean of the block's input to the hidden units, or to what an LSTM reads. */
  readonly embed: LinearLayer;
  /** Of a recurrent controller only. */
  readonly cell?: CellLayers | undefined;
  /** From the state of the controller before to the hidden units; absent if this one does not read it. */
  readonly carry: LinearLayer | undefined;
  /** From the hidden units to on − off of each sub-block: only the difference of the two logits matters. */
  readonly decide: LinearLayer;
}

/** The numbers of a network in the form that files have, with batch norms folded into the layers before them. */
export interface FoldedWeights {
  unit(path: string, unit: ConvUnit): FoldedUnit;
  /** A projection to which a block's bias is added. @param path - of the block */
  biasedProjection(path: string, unit: ConvUnit): FoldedUnit;
  /** A block's bias, `[channels]`. @param path - of the block */
  bias(path: string, channels: number): Float32Array;
  /** @param previousUnits - size of the state of the last controller before that has one */
  controller(gated: GatedBlock, previousUnits: number | undefined): ControllerLayers;
  /** Linear layers in order. @param path - `head`, or `exit0` */
  head(path: string, head: Head): LinearLayer[];
}

/** Path and sizes of a controller's layers, by which both a network and a file are read. */
export interface ControllerSizes {
  readonly path: string;
  /** Number of sub-blocks. */
  readonly count: number;
  /** Number of hidden units. */
  readonly units: number;
  /** Outputs of the first layer. */
  readonly embedUnits: number;
  /** Channels of the block's input. */
  readonly channels: number;
  readonly hasBias: boolean;
  /** Size of the state that it reads; undefined if it reads none. */
  readonly previousUnits: number | undefined;
}

export function controllerSizes(
  { controller, block, path }: GatedBlock,
  previousUnits: number | undefined,
): ControllerSizes {
  const hasBias = controller.kind === 'state' && controller.hiddenBias;
  const carries =
    controller.kind === 'state' ? controller.previousState !== 'none' : controller.kind === 'recurrent';
  return {
    path: `${path}.controller`,
    count: block.subBlocks.length,
    units: controller.hiddenUnits,
    embedUnits: controller.kind === 'recurrent' ? controller.embedUnits : controller.hiddenUnits,
    channels: blockInChannels(block),
    hasBias,
    previousUnits: carries ? previousUnits : undefined,
  };
}

/** @param numbers - of the cell's part `input.weight`, `state.weight` or `bias`, of a shape */
export function cellLayers(
  { units, embedUnits, previousUnits }: ControllerSizes,
  numbers: (part: string, shape: readonly number[]) => Float32Array,
): CellLayers {
  const outputs = 4 * units;
  const weight = (part: string, inputs: number) => numbers(`${part}.weight`, [inputs, outputs]);
  return {
    input: {
      inputs: embedUnits,
      outputs,
      weight: weight('input', embedUnits),
      bias: numbers('bias', [outputs]),
    },
    state:
      previousUnits === undefined
        ? undefined
        : { inputs: units, outputs, weight: weight('state', units), bias: undefined },
  };
}

/** Folds the weights of a network as they are read. */
export function foldedWeights(reader: WeightReader): FoldedWeights {
  const linear = (path: string, inputs: number, outputs: number, hasBias: boolean): LinearLayer => ({
    inputs,
    outputs,
    weight: reader.numbers(`${path}.weight`, [inputs, outputs]),
    bias: hasBias ? reader.numbers(`${path}.bias`, [outputs]) : undefined,
  });
  return {
    unit: (path, unit) => foldedUnit(path, unit, reader),
    biasedProjection: (path, unit) => {
      const folded = foldedUnit(`${path}.shortcut`, unit, reader);
      const added = reader.numbers(`${path}.bias`, [unit.outChannels]);
      return { ...folded, bias: folded.bias.map((value, c) => value + (added[c] as number)) };
    },
    bias: (path, channels) => reader.numbers(`${path}.bias`, [channels]),
    controller: (gated, previous) => {
      const { controller } = gated;
      const sizes = controllerSizes(gated, previous);
      const { path, units, embedUnits, count, channels, hasBias, previousUnits } = sizes;
      if (controller.kind === 'recurrent') {
        const name = decideWeightName(gated);
        const decide: LinearLayer = {
          inputs: units,
          outputs: 2 * count,
          weight: reader.numbers(name, [units, 2 * count]),
          bias: reader.numbers(`${path}.decide.bias`, [2 * count]),
        };
        return {
          embed: linear(`${path}.embed`, channels, embedUnits, true),
          cell: cellLayers(sizes, (part, inputs) => reader.numbers(`controllers.cell.${part}`, inputs)),
          carry: undefined,
          decide: differences(decide),
        };
      }
      const embed = linear(`${path}.embed`, channels, units, hasBias);
      const isShared = controller.kind === 'state' && controller.previousState === 'shared';
      const carry = isShared ? 'controllers.carry' : `${path}.carry`;
      return {
        embed: controller.kind === 'squeeze' ? normalised(embed, `${path}.embed`, reader) : embed,
        carry: previousUnits === undefined ? undefined : linear(carry, previousUnits, units, hasBias),
        decide: differences(linear(`${path}.decide`, units, 2 * count, true)),
      };
    },
    head: (path, head) =>
      headLayers(head).map(({ name, inputs, outputs }) => linear(`${path}.${name}`, inputs, outputs, true)),
  };
}

/** Folds the batch norm after a layer. */
function normalised(layer: LinearLayer, path: string, reader: WeightReader): LinearLayer {
  const { slope, offset } = batchNormLine(reader.batchNorm(path, layer.outputs));
  return {
    ...layer,
    weight: layer.weight.map((value, i) => value * (slope[i % layer.outputs] as number)),
    bias: Float32Array.from(offset),
  };
}

/** on − off for each pair (off, on) of outputs. */
function differences({ inputs, outputs, weight, bias }: LinearLayer): LinearLayer {
  const difference = (pairs: Float32Array) =>
    Float32Array.from(
      { length: pairs.length / 2 },
      (_, n) => (pairs[2 * n + 1] as number) - (pairs[2 * n] as number),
    );
  return { inputs, outputs: outputs / 2, weight: difference(weight), bias: bias && difference(bias) };
}
