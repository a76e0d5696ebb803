import { backendError } from '../backend/backend-error.js';
import type { NormSumAttributes } from '../norm-sum-attributes.js';
import { NormSumCall } from './norm-sum-call.js';
import {
  GATE_GRADIENT,
  PATH_MEAN,
  PATH_OFFSET_GRADIENT,
  PATH_SCALE_GRADIENT,
  PATH_VARIANCE,
  PATH_X_GRADIENT,
  POOLED,
  RESULT,
  SHORTCUT,
  SUMS,
  VIEWS,
} from './norm-sum-plan.js';
import type { WasmKernel } from './wasm-kernel.js';

/** Forwards: inputs, attributes and outputs are those of the kernel of that name in `@dmnn/network`. */
export const wasmNormSum: WasmKernel = {
  kernelName: 'DmnnNormSum',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const attributes = attrs as unknown as NormSumAttributes;
    const call = new NormSumCall(backend, inputs, attributes);
    const { shape, images, channels, widths, norms } = call;
    const { epsilon, pooled = false } = attributes;
    const shortcut = call.maybe('shortcut', shape);
    return call.finish(() => {
      const plan = call.plan(attributes);
      plan.set(SHORTCUT, shortcut);
      plan.set(VIEWS, 1);
      plan.setParts(
        widths.map((width) => call.output([...shape.slice(0, -1), width])),
        widths,
      );
      for (let p = 0; p < norms; p++) plan.setPath(p, PATH_MEAN, call.output([channels]));
      for (let p = 0; p < norms; p++) plan.setPath(p, PATH_VARIANCE, call.output([channels]));
      plan.set(POOLED, pooled ? call.output([images, channels]) : 0);
      plan.set(SUMS, call.doubles(2 * norms * images * channels));
      const address = call.written(plan);
      for (let p = 0; p < norms; p++) call.moments(address, p);
      const each = Array.from({ length: norms }, (_, p) => [address, p]);
      if (norms > 0) call.pool.run('normSumStatistics', each);
      call.pool.run('normSumTerms', [[address, epsilon]]);
      call.overImages('normSumForward', address);
    });
  },
};

/** Backwards: inputs, attributes and outputs are those of the kernel of that name in `@dmnn/network`. */
export const wasmNormSumGrad: WasmKernel = {
  kernelName: 'DmnnNormSumGrad',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const attributes = attrs as unknown as NormSumAttributes;
    const call = new NormSumCall(backend, inputs, attributes);
    const { shape, images, channels, widths, paths, norms } = call;
    const { gateColumns, bounds, epsilon, upstreams = 1, shortcut = false } = attributes;
    const views = upstreams / widths.length;
    if (views > 2 || !Number.isInteger(views))
      throw backendError(
        `dy: expected none, one or two of each of ${widths.length} parts, got ${upstreams}.`,
      );
    const result = call.maybe('y', shape);
    const dpooled = call.maybe('dpooled', [images, channels]);
    const alone = paths === 1 && norms === 1 && !shortcut && gateColumns[0] === -1;
    if (bounds.some(Number.isFinite) && result === 0 && !alone)
      throw backendError('y: expected with bounds on more than one normalised path, got none.');
    const dy = Array.from({ length: upstreams }, (_, i) =>
      call.given(`dy${i}`, [...shape.slice(0, -1), widths[i % widths.length] as number]),
    );
    return call.finish(() => {
      const plan = call.plan(attributes);
      plan.set(VIEWS, views);
      plan.set(POOLED, dpooled);
      plan.set(RESULT, result);
      plan.setParts(dy, widths);
      for (let p = 0; p < norms; p++) {
        plan.setPath(p, PATH_MEAN, call.given(`mean${p}`, [channels]));
        plan.setPath(p, PATH_VARIANCE, call.given(`variance${p}`, [channels]));
      }
      for (let p = 0; p < paths; p++) plan.setPath(p, PATH_X_GRADIENT, call.output(shape));
      for (let p = 0; p < norms; p++) plan.setPath(p, PATH_SCALE_GRADIENT, call.output([channels]));
      for (let p = 0; p < norms; p++) plan.setPath(p, PATH_OFFSET_GRADIENT, call.output([channels]));
      plan.set(GATE_GRADIENT, inputs['gates'] ? call.output([images, call.gateColumns]) : 0);
      plan.set(SHORTCUT, shortcut ? call.output(shape) : 0);
      plan.set(SUMS, call.doubles(images * (1 + paths) * channels));
      const address = call.written(plan);
      call.pool.run('normSumTerms', [[address, epsilon]]);
      call.overImages('normSumProducts', address);
      call.pool.run('normSumCoefficients', [[address, epsilon]]);
      call.overImages('normSumGradient', address);
    });
  },
};
