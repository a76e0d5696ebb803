import type { Activation, PaddingSides } from '@dmnn/architecture';

/** How a map is kept in 8 bits: whole numbers q that stand for scale · q. */
export interface QuantisedNumbers {
  /** −128 to 127, or 0 to 255. */
  readonly signed: boolean;
  /** A float32 above 0. */
  readonly scale: number;
}

/** A feature map `[H, W, C]`, square, of one image. */
export interface PlanMap {
  readonly channels: number;
  readonly sizePx: number;
  /** Undefined: numbers of the precision in which the engine runs. */
  readonly quantised?: QuantisedNumbers | undefined;
  /** Memory that it uses; maps that are never in use at the same time share a slot. */
  readonly slot: number;
}

/** How the filters of several convolutions become one. */
export type FilterJoin =
  /** Outputs side by side, all reading the same map. */
  | 'outputs'
  /** Outputs and inputs side by side, in groups of their own. */
  | 'groups'
  /** Inputs side by side, all adding to the same outputs; biases are added too. */
  | 'inputs';

/** The filter of a convolution, joined from the filters of one or more units of equal shape. */
export interface PlanFilter {
  /** Indices of {@link EnginePlan.tensors}: each `[outChannels, inChannels / groups, k, k]`. */
  readonly weights: readonly number[];
  /** Indices of {@link EnginePlan.tensors}: each `[outChannels]`, in the order of `weights`. */
  readonly biases: readonly number[];
  /** With one part it has no effect. */
  readonly join: FilterJoin;
  /** Of each part. */
  readonly kernelSize: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

/**
 * to = activation(filter ∗ from + bias), or to = activation(added + filter ∗ from + bias).
 *
 * Where `from` is quantised, so is the filter: each output channel in multiples of its largest magnitude / 127.
 */
export interface ConvolutionStep {
  readonly kind: 'convolution';
  readonly from: number;
  readonly to: number;
  readonly filter: PlanFilter;
  readonly stride: number;
  /** Zeros around the map. */
  readonly padding: PaddingSides;
  /** A map in the memory of `to`, whose numbers are added. */
  readonly added: number | undefined;
  readonly activation: Activation;
}

/** Maximum over a window, padded with −∞; both maps are kept alike. */
export interface MaxPoolStep {
  readonly kind: 'max-pool';
  readonly from: number;
  readonly to: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: PaddingSides;
}

/** to[c] = mean of a channel over height and width. */
export interface MeanStep {
  readonly kind: 'mean';
  /** A map. */
  readonly from: number;
  /** A vector. */
  readonly to: number;
}

/** to = activation(from · weight + bias), or to += that. */
export interface LinearStep {
  readonly kind: 'linear';
  /** A vector. */
  readonly from: number;
  /** A vector. */
  readonly to: number;
  /** Index of {@link EnginePlan.tensors}: `[inputs, outputs]`. */
  readonly weight: number;
  /** Index of {@link EnginePlan.tensors}: `[outputs]`. */
  readonly bias: number | undefined;
  readonly activation: Activation;
  readonly adds: boolean;
  /** Whether the weights are kept in bfloat16; sums and vectors are in float32. */
  readonly bfloat16: boolean;
}

/**
 * The states of an LSTM after its gates i, f, g and o, which lie side by side in `from`: cell = σ(f) · cell + σ(i) · tanh(g),
 * hidden = σ(o) · tanh(cell).
 */
export interface CellStep {
  readonly kind: 'cell';
  /** A vector, four times as long as a state. */
  readonly from: number;
  /** The vector of the cell state, which is read and written. */
  readonly cell: number;
  /** The vector of the hidden state, which is written. */
  readonly hidden: number;
  /** Whether the cell state was 0 and is only written. */
  readonly isFirst: boolean;
}

/** Opens gate n of a group where log-odds n are above its threshold; a scripted pattern takes its place. */
export interface DecideStep {
  readonly kind: 'decide';
  /** A vector of log-odds. */
  readonly from: number;
  /** Index of {@link EnginePlan.gateCounts}. */
  readonly gates: number;
}

/** Runs one of several lists of steps: that of the pattern of some gates. */
export interface BranchStep {
  readonly kind: 'branch';
  /** Index of {@link EnginePlan.gateCounts}. */
  readonly gates: number;
  /** First of the gates that decide. */
  readonly first: number;
  /** `[p]`: the steps for pattern p, in which bit n is gate `first` + n; a power of 2 of them. */
  readonly cases: readonly (readonly PlanStep[])[];
}

/** Every `stride`-th pixel, with zeros for the channels before and after: He et al.'s option A. Both maps are kept alike. */
export interface WidenStep {
  readonly kind: 'widen';
  readonly from: number;
  readonly to: number;
  readonly stride: number;
}

/** to = from. */
export interface CopyStep {
  readonly kind: 'copy';
  readonly from: number;
  readonly to: number;
}

/** to += from. */
export interface AddStep {
  readonly kind: 'add';
  readonly from: number;
  readonly to: number;
}

/** to = activation(from), or to = activation(from + bias); both may be one map, or lie in the same memory if numbers of `to` are no wider. */
export interface ActivateStep {
  readonly kind: 'activate';
  readonly from: number;
  readonly to: number;
  /** Index of {@link EnginePlan.tensors}: `[channels]`, added before the activation. */
  readonly bias: number | undefined;
  readonly activation: Activation;
}

/** Counts the magnitudes of some channels of a map, to know their range. */
export interface ObserveStep {
  readonly kind: 'observe';
  /** A map. */
  readonly from: number;
  readonly firstChannel: number;
  readonly channels: number;
  /** Index of {@link EnginePlan.sites}. */
  readonly site: number;
}

/**
 * Leaves the image's run where the answer here is sure enough, if exits are asked for; otherwise has no effect. It stands in
 * no branch and in no other exit.
 */
export interface ExitStep {
  readonly kind: 'exit';
  /** Computes the logits; run only if exits are asked for. */
  readonly steps: readonly PlanStep[];
  /** The vector that holds them, as long as that of the plan. */
  readonly logits: number;
}

/** One operation. Maps, vectors and tensors are named by their index. */
export type PlanStep =
  | ConvolutionStep
  | MaxPoolStep
  | MeanStep
  | LinearStep
  | DecideStep
  | BranchStep
  | WidenStep
  | CopyStep
  | AddStep
  | ActivateStep
  | ObserveStep
  | ExitStep
  | CellStep;

/**
 * What an engine does with an image, as plain data: it knows operations, memory and which steps run under which
 * pattern of gates, and nothing of blocks, so that an engine need not either.
 */
export interface EnginePlan {
  readonly name: string;
  /** Index 0 is the image. */
  readonly maps: readonly PlanMap[];
  /** Lengths of the vectors. */
  readonly vectors: readonly number[];
  /** Weights, biases: see who refers to them. */
  readonly tensors: readonly Float32Array[];
  /** `[l]`: gates of group l. */
  readonly gateCounts: readonly number[];
  /** Names of what is observed: units and blocks by their paths. */
  readonly sites: readonly string[];
  readonly steps: readonly PlanStep[];
  /** The vector that holds the logits at the end. */
  readonly logits: number;
}
