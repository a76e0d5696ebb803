export {
  type Activation,
  type ActivationRule,
  type Clip,
  type Curve,
  activations,
  isClip,
} from './activations.js';
export {
  type Architecture,
  type Exit,
  type Head,
  type HiddenLayer,
  type Stage,
  type Stem,
} from './architecture.js';
export { ArchitectureError } from './architecture-error.js';
export { type Block, type BlockKind, type Shortcut, type SubBlock } from './block.js';
export {
  blockInChannels,
  blockOutChannels,
  blockStride,
  type GatedBlock,
  type PlacedBlock,
  gatedBlocks,
  placedBlocks,
  takesPreviousState,
  type HeadLayer,
  headLayers,
} from './blocks.js';
export {
  type ConvUnit,
  type ConvUnitOptions,
  type MaxPool,
  convUnit,
  type FixedPadding,
  type Padding,
  type PaddingSides,
  type SlidingWindow,
  paddingSides,
  windowOutSizePx,
} from './conv-unit.js';
export {
  type Controller,
  type RecurrentController,
  type SqueezeController,
  type StateController,
  paperController,
} from './controller.js';
export { type ImagePreparation } from './image-preparation.js';
export {
  type BlockShape,
  type ExitShape,
  type InferShapesOptions,
  type NetworkShapes,
  type UnitShape,
  inferShapes,
} from './infer-shapes.js';
export { type ImageLayout, type Inference } from './inference.js';
export { parseArchitecture } from './parse-architecture.js';
export { validateArchitecture } from './validate-architecture.js';
export { type ExitOptions, withExits } from './with-exits.js';
