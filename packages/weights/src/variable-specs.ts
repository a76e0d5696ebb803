import {
  type Architecture,
  type Controller,
  type ConvUnit,
  type Exit,
  type GatedBlock,
  type Head,
  type RecurrentController,
  blockInChannels,
  blockOutChannels,
  headLayers,
  placedBlocks,
} from '@dmnn/architecture';

/** The purpose of a variable: optimisers use it for weight decay, importers for lookup. */
export type VariableRole =
  | 'convolution'
  | 'linear'
  | 'bias'
  | 'gamma'
  | 'beta'
  | 'moving-mean'
  | 'moving-variance'
  | 'controller-weight'
  | 'controller-bias'
  | 'category-weight'
  | 'category-bias';

/**
 * The initial value of a variable. `opening` is a controller's last bias: (off, on) for each sub-block. `scale` is the
 * last gamma of a gated sub-block. `gatedBlock` counts the blocks that have gates, from 0.
 */
export type Initialiser =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'opening'; readonly gatedBlock: number }
  | { readonly kind: 'scale'; readonly gatedBlock: number; readonly subBlock: number };

/** Name, shape, purpose and initial value of a variable. */
export interface VariableSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: VariableRole;
  readonly initial: Initialiser;
}

// the last layer of a controller starts small, so that its bias alone sets the rate
const DECIDE_DEVIATION = 0.01;

/**
 * Every variable of a network, in the order of the forward pass; what controllers share comes after the blocks. All are float32.
 *
 * Convolutions are initialised He-normal with fan-out (as in torchvision's ResNets), linear layers uniform in
 * ±1/√inputs (as in PyTorch), gamma with 1 (or `openingScale`), beta with 0; controllers with small weights and a bias
 * that opens gates.
 *
 * @returns names such as `stage0.block1.subblock0.unit2.weight`, all distinct
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { variableSpecs } from '@dmnn/weights';
 *
 * const specs = variableSpecs(createArchitecture('cifar-resnet20'));
 * console.log(specs[0]?.name, specs[0]?.shape.join('x')); // => stem.unit0.weight 3x3x3x16
 * ```
 */
export function variableSpecs(architecture: Architecture): VariableSpec[] {
  const { stem, head, exits = [] } = architecture;
  const specs = stem.units.flatMap((unit, k) => unitSpecs(`stem.unit${k}`, unit));
  const chain = new StateChain();
  let gatedBlock = 0;
  for (const [index, { block, path }] of placedBlocks(architecture).entries()) {
    if (block.shortcut.kind === 'projection')
      specs.push(...unitSpecs(`${path}.shortcut`, block.shortcut.unit));
    block.subBlocks.forEach((subBlock, n) => {
      const own = subBlock.units.flatMap((unit, k) => unitSpecs(`${path}.subblock${n}.unit${k}`, unit));
      const last = own.filter(({ role }) => role === 'gamma').at(-1);
      const initial = { kind: 'scale', gatedBlock, subBlock: n } as const;
      specs.push(...own.map((spec) => (block.controller && spec === last ? { ...spec, initial } : spec)));
    });
    if (block.bias === true) specs.push(constant(`${path}.bias`, 'bias', blockOutChannels(block), 0));
    if (block.controller) {
      const inChannels = blockInChannels(block);
      const stateUnits = chain.previousUnits(block.controller);
      specs.push(
        ...controllerSpecs(
          `${path}.controller`,
          block.controller,
          inChannels,
          stateUnits,
          block.subBlocks.length,
          gatedBlock,
        ),
      );
      chain.advance(block.controller, block.subBlocks.length);
      gatedBlock += 1;
    }
    const e = exits.findIndex(({ afterBlock }) => afterBlock === index);
    if (e >= 0) specs.push(...headSpecs(`exit${e}`, (exits[e] as Exit).head));
  }
  specs.push(...chain.sharedSpecs);
  specs.push(...headSpecs('head', head));
  return specs;
}

function headSpecs(path: string, head: Head): VariableSpec[] {
  return [
    ...head.units.flatMap((unit, k) => unitSpecs(`${path}.unit${k}`, unit)),
    ...headLayers(head).flatMap(({ name, inputs, outputs }) => [
      weight(`${path}.${name}.weight`, 'linear', inputs, outputs),
      bias(`${path}.${name}.bias`, 'bias', inputs, outputs),
    ]),
  ];
}

/** Tracks the state that reaches a controller: that of the last preceding controller that has one. */
class StateChain {
  #units = 0;
  sharedSpecs: VariableSpec[] = [];

  /** Length of the incoming state; 0 if there is none. */
  previousUnits(controller: Controller): number {
    return controller.kind === 'state' && controller.previousState !== 'none' ? this.#units : 0;
  }

  /** @param subBlocks - number of sub-blocks of its block */
  advance(controller: Controller, subBlocks: number): void {
    if (controller.kind === 'recurrent') {
      this.#shareRecurrent(controller, subBlocks);
      return;
    }
    if (controller.kind !== 'state') return;
    const { hiddenUnits, previousState, hiddenBias } = controller;
    if (previousState === 'shared' && this.#units > 0 && this.sharedSpecs.length === 0) {
      this.sharedSpecs = carrySpecs('controllers.carry', this.#units, hiddenUnits, hiddenBias);
    }
    this.#units = hiddenUnits;
  }

  #shareRecurrent(controller: RecurrentController, subBlocks: number): void {
    const known = new Set(this.sharedSpecs.map(({ name }) => name));
    const { hiddenUnits } = controller;
    const decide = decideWeight(recurrentDecideName(subBlocks), hiddenUnits, subBlocks);
    const wanted = [...cellSpecs(controller), decide];
    this.sharedSpecs.push(...wanted.filter(({ name }) => !known.has(name)));
  }
}

/** The LSTM's matrices `[inputs, 4 · hiddenUnits]` and bias, for its gates i, f, g and o in PyTorch's order and distribution. */
function cellSpecs({ embedUnits, hiddenUnits }: RecurrentController): VariableSpec[] {
  const initial = { kind: 'uniform', bound: 1 / Math.sqrt(hiddenUnits) } as const;
  const gates = 4 * hiddenUnits;
  return [
    { name: 'controllers.cell.input.weight', shape: [embedUnits, gates], role: 'controller-weight', initial },
    {
      name: 'controllers.cell.state.weight',
      shape: [hiddenUnits, gates],
      role: 'controller-weight',
      initial,
    },
    { name: 'controllers.cell.bias', shape: [gates], role: 'controller-bias', initial },
  ];
}

function unitSpecs(path: string, unit: ConvUnit): VariableSpec[] {
  const { kernelSize, inChannels, outChannels, groups } = unit;
  const specs: VariableSpec[] = [
    {
      name: `${path}.weight`,
      shape: [kernelSize, kernelSize, inChannels / groups, outChannels],
      role: 'convolution',
      // fan-out, which PyTorch does not divide by the groups
      initial: { kind: 'normal', deviation: Math.sqrt(2 / (kernelSize ** 2 * outChannels)) },
    },
  ];
  if (unit.bias) specs.push(constant(`${path}.bias`, 'bias', outChannels, 0));
  if (unit.batchNorm) specs.push(...batchNormSpecs(path, outChannels));
  return specs;
}

function batchNormSpecs(path: string, channels: number): VariableSpec[] {
  return [
    constant(`${path}.gamma`, 'gamma', channels, 1),
    constant(`${path}.beta`, 'beta', channels, 0),
    constant(`${path}.movingMean`, 'moving-mean', channels, 0),
    constant(`${path}.movingVariance`, 'moving-variance', channels, 1),
  ];
}

function controllerSpecs(
  path: string,
  controller: Controller,
  inChannels: number,
  previousUnits: number,
  subBlocks: number,
  gatedBlock: number,
): VariableSpec[] {
  const { hiddenUnits } = controller;
  const embedUnits = controller.kind === 'recurrent' ? controller.embedUnits : hiddenUnits;
  const specs = [weight(`${path}.embed.weight`, 'controller-weight', inChannels, embedUnits)];
  if (controller.kind === 'squeeze') {
    specs.push(...batchNormSpecs(`${path}.embed`, hiddenUnits));
  } else if (controller.kind === 'recurrent') {
    specs.push(bias(`${path}.embed.bias`, 'controller-bias', inChannels, embedUnits));
  } else {
    if (controller.hiddenBias)
      specs.push(bias(`${path}.embed.bias`, 'controller-bias', inChannels, hiddenUnits));
    if (previousUnits > 0 && controller.previousState === 'per-block') {
      specs.push(...carrySpecs(`${path}.carry`, previousUnits, hiddenUnits, controller.hiddenBias));
    }
  }
  if (controller.kind !== 'recurrent')
    specs.push(decideWeight(`${path}.decide.weight`, hiddenUnits, subBlocks));
  specs.push({
    name: `${path}.decide.bias`,
    shape: [2 * subBlocks],
    role: 'controller-bias',
    initial: { kind: 'opening', gatedBlock },
  });
  return specs;
}

function decideWeight(name: string, hiddenUnits: number, subBlocks: number): VariableSpec {
  return {
    name,
    shape: [hiddenUnits, 2 * subBlocks],
    role: 'controller-weight',
    initial: { kind: 'normal', deviation: DECIDE_DEVIATION },
  };
}

function carrySpecs(path: string, inputs: number, outputs: number, hasBias: boolean): VariableSpec[] {
  const specs = [weight(`${path}.weight`, 'controller-weight', inputs, outputs)];
  if (hasBias) specs.push(bias(`${path}.bias`, 'controller-bias', inputs, outputs));
  return specs;
}

/** A matrix `[inputs, outputs]`, initialised like PyTorch's linear layers. */
export function weight(name: string, role: VariableRole, inputs: number, outputs: number): VariableSpec {
  return { name, shape: [inputs, outputs], role, initial: { kind: 'uniform', bound: 1 / Math.sqrt(inputs) } };
}

/** A vector `[outputs]`, initialised like the biases of PyTorch's linear layers. */
export function bias(name: string, role: VariableRole, inputs: number, outputs: number): VariableSpec {
  return { name, shape: [outputs], role, initial: { kind: 'uniform', bound: 1 / Math.sqrt(inputs) } };
}

function constant(name: string, role: VariableRole, length: number, value: number): VariableSpec {
  return { name, shape: [length], role, initial: { kind: 'constant', value } };
}

/** The name of the weights of a controller's last layer, `[hiddenUnits, 2N]`: recurrent controllers share them. */
export function decideWeightName({ path, block, controller }: GatedBlock): string {
  return controller.kind === 'recurrent'
    ? recurrentDecideName(block.subBlocks.length)
    : `${path}.controller.decide.weight`;
}

/** The weights that recurrent controllers of blocks with as many sub-blocks share. */
export function recurrentDecideName(subBlocks: number): string {
  return `controllers.decide${subBlocks}.weight`;
}
