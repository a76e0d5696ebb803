export { expectNoLeak } from './expect-no-leak.js';
export { maxAbsoluteDifference, maxRelativeDifference } from './difference.js';
export { numericalGradient } from './numerical-gradient.js';
