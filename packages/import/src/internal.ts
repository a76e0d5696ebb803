// For other packages of this repository; may change at any time.
export { type KerasInput, type KerasLayer, type KerasObject } from './keras/keras-json.js';
export { type Keras2Config, keras2Config } from './keras/keras3-config.js';
export { type LayersConfig, layersConfig } from './keras/layers-config.js';
export { stagesOf } from './keras/layer-blocks.js';
export { normalisations, turnedInputs } from './preprocessing.js';
