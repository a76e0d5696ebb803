export { families, familyOf } from './families.js';
export { type BlockShape, type LayerShape, type NetworkShape, networkShape } from './network-shape.js';
export { recognisedNetworks } from './recognised.js';
export {
  type BuildOptions,
  type Family,
  type NameParts,
  type PretrainedLibrary,
  type PretrainedNames,
  type Task,
} from './family.js';
