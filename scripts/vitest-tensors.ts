// Libraries never register gradients or set a backend; applications do, and the tests are one.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';

await tf.setBackend('cpu');
await tf.ready();
