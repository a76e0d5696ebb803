export { type ImageProblem, type ImageSize, imageProblem } from './image-problem.js';
export { EXITS_REMEDY, exitsProblem } from './exits-problem.js';
