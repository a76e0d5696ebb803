import type { Activation } from '@dmnn/architecture';

/** A feature map `[H, W, C]`, square, of one image. */
export interface PlanMap {
  readonly channels: number;
  readonly sizePx: number;
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

/** to = activation(filter ∗ from + bias), or to = activation(to + filter ∗ from + bias). */
export interface ConvolutionStep {
  readonly kind: 'convolution';
  readonly from: number;
  readonly to: number;
  readonly filter: PlanFilter;
  readonly stride: number;
  /** Zeros on each side, in pixels. */
  readonly padding: number;
  /** Whether the result is added to what `to` holds. */
  readonly adds: boolean;
  readonly activation: Activation;
}

/** Maximum over a window, padded with −∞. */
export interface MaxPoolStep {
  readonly kind: 'max-pool';
  readonly from: number;
  readonly to: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
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
  readonly relu: boolean;
  readonly adds: boolean;
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

/** Every `stride`-th pixel, with zeros for the channels before and after: He et al.'s option A. */
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

/** map = activation(map). */
export interface ActivateStep {
  readonly kind: 'activate';
  readonly map: number;
  readonly activation: Activation;
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
  | ActivateStep;

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
  readonly steps: readonly PlanStep[];
  /** The vector that holds the logits at the end. */
  readonly logits: number;
}
