import * as tf from '@tensorflow/tfjs';
await tf.setBackend('cpu');
await import('/work/layers/packages/layers/src/gated-model.test.ts');
const {run}=await import('vitest'); await run();