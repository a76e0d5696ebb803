export { type ImageProblem, type ImageSize, imageProblem } from './image-problem.js';
