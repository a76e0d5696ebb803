export { tinyArchitecture, type TinyBlock, tinyDynamic } from './tiny-architecture.js';
