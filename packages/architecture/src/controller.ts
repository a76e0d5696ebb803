/**
 * The paper's controller: global average pooling of the block's input, a hidden state of `hiddenUnits`, and two
 * logits (off, on) for each sub-block.
 *
 * @see DMNN §3.2 Eq. 5 to 7
 */
export interface StateController {
  readonly kind: 'state';
  /** Length D of the state h_l; 32 in the paper. */
  readonly hiddenUnits: number;
  /**
   * Connection to the state of the previous controller (Eq. 7): through one D×D matrix shared by all blocks, through
   * a separate matrix per block, or none. The first gated block has no previous state.
   */
  readonly previousState: 'shared' | 'per-block' | 'none';
  /** Whether W1 and W2 have biases; the paper writes none. The last layer always has one. */
  readonly hiddenBias: boolean;
}

/**
 * ConvNet-AIG's controller: global average pooling, a hidden layer with batch norm and ReLU, and two logits (off, on)
 * for each sub-block. It has no state.
 *
 * @see Veit and Belongie 2018, Convolutional Networks with Adaptive Inference Graphs, §3.2
 */
export interface SqueezeController {
  readonly kind: 'squeeze';
  /** 16 in ConvNet-AIG. */
  readonly hiddenUnits: number;
}

/**
 * SkipNet's recurrent gate: global average pooling of the block's input, a linear layer of the block to `embedUnits`, one
 * step of an LSTM that all blocks share, and two logits (off, on) for each sub-block. Hidden and cell state start at 0 and
 * go from gated block to gated block.
 *
 * The last layer's weights are shared too, among blocks of as many sub-blocks; its bias is the block's own, so that rates,
 * thresholds and patterns can be set for each. SkipNet has one logit, on − off here, and one bias for all blocks.
 *
 * @see Wang et al. 2018, SkipNet: Learning Dynamic Routing in Convolutional Networks (arXiv 1711.09485), §3.1, and
 *   `ResNetRecurrentGateSP` of the authors' code
 */
export interface RecurrentController {
  readonly kind: 'recurrent';
  /** Numbers that the LSTM reads: 10 in SkipNet. */
  readonly embedUnits: number;
  /** Length of the hidden state, and of the cell state: 10 in SkipNet. */
  readonly hiddenUnits: number;
}

/** The part of a block that decides, for each image, which of its sub-blocks run. */
export type Controller = StateController | SqueezeController | RecurrentController;

/** The paper's controller: 32 hidden units, one shared matrix for the previous state, no hidden bias. */
export const paperController: StateController = {
  kind: 'state',
  hiddenUnits: 32,
  previousState: 'shared',
  hiddenBias: false,
};
