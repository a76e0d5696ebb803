import { chooseBackend } from '@dmnn/runtime';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Starts exactly this backend: a slower one instead would be measured for it.
 *
 * @returns versions and threads, for the results file
 */
export async function startBackend({ backend, threads }) {
  const report = await chooseBackend({ prefer: backend, threads });
  if (report.chosen !== backend) {
    const { reason, remedy } = report.tried.find(({ name }) => name === backend) ?? {};
    throw new Error(`backend ${backend}: ${reason}. ${remedy}`);
  }
  for (const warning of report.warnings) process.stderr.write(`${warning}\n`);
  return {
    backend: report.version,
    threads: report.threads,
    node: process.version,
    tfjs: tf.version_core,
    ...(backend === 'native' && { tensorflow: /** @type {any} */ (tf.backend()).binding.TF_Version }),
  };
}
