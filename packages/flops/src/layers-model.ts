// `@dmnn/flops/layers-model`: models of TensorFlow.js that are not an `Architecture`. The main entry does not load it.
export { countGraphModel } from './graph-model/count-graph-model.js';
export { type GraphModelLike, type GraphWeightLike } from './graph-model/graph-model-like.js';
export {
  type CountLayersModelOptions,
  type CountedCall,
  type CountedCalls,
  countLayerCalls,
} from './layers-model/count-layer-calls.js';
export {
  type LayersModelCount,
  type ModelLayerCount,
  type UnknownLayer,
  countLayersModel,
} from './layers-model/count-layers-model.js';
export { type TensorSource } from './layers-model/layer-calls.js';
export { type LayerCall, type LayerCounter } from './layers-model/layer-call.js';
export {
  type LayerLike,
  type LayersModelLike,
  type ModelShape,
  type SymbolicTensorLike,
} from './layers-model/layers-model-like.js';
export { type Work } from './conventions.js';
