import type { Activation } from './activations.js';
import type { ConvUnit } from './conv-unit.js';
import type { Controller } from './controller.js';

/** The family of a block. Only subdivision depends on it. */
export type BlockKind = 'bottleneck' | 'basic' | 'inverted-residual';

/** The path from a block's input to its output that bypasses the sub-blocks. */
export type Shortcut =
  | { readonly kind: 'identity' }
  /** A 1×1 convolution with batch norm. */
  | { readonly kind: 'projection'; readonly unit: ConvUnit }
  /**
   * He et al.'s option A: every `stride`-th pixel, and zeros for the additional channels, half of them on each side.
   */
  | { readonly kind: 'pad'; readonly stride: number; readonly outChannels: number }
  /** None: an inverted residual that changes size or channels. Such a block cannot be gated. */
  | { readonly kind: 'none' };

/** One path of a block: convolution units in sequence. */
export interface SubBlock {
  readonly units: readonly ConvUnit[];
}

/**
 * A residual block: activation(shortcut(x) + bias + Σ_n g_n · subBlock_n(x)).
 *
 * An undivided block has one sub-block and no controller, and always runs.
 *
 * @see DMNN §3.2 Eq. 4
 */
export interface Block {
  readonly kind: BlockKind;
  readonly shortcut: Shortcut;
  readonly subBlocks: readonly SubBlock[];
  /**
   * Whether the sum has a bias, one number per output channel, that is added whatever the gates say: what the
   * sub-blocks give on average, so that a closed one removes only what varies. Not in a block without a shortcut, whose
   * sub-blocks always run.
   *
   * @defaultValue false
   */
  readonly bias?: boolean;
  /** Applied to the sum. */
  readonly activation: Activation;
  /** If absent, every sub-block always runs. */
  readonly controller?: Controller;
}
