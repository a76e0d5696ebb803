export { type ImageProblem, type ImageSize, imageProblem } from './image-problem.js';
export { assertRunsToTheEnd } from './assert-runs-to-the-end.js';
