import type { Inference } from '@dmnn/architecture';
import type { Agreement } from './quantisation.js';

/**
 * Counts how often a precision gives what float32 gives.
 *
 * @example
 * ```ts
 * import { AgreementCounter } from '@dmnn/engine';
 *
 * const counter = new AgreementCounter();
 * const float32 = { logits: Float32Array.of(1, 3), gates: [[true, false]] };
 * counter.add(float32, { logits: Float32Array.of(2, 1), gates: [[true, true]] });
 * console.log(counter.images, counter.agreement); // => 1 { sameClass: 0, sameGates: 0.5 }
 * ```
 */
export class AgreementCounter {
  #images = 0;
  #sameClass = 0;
  #gates = 0;
  #sameGates = 0;

  /** Counts an image. */
  add(reference: Pick<Inference, 'logits' | 'gates'>, other: Pick<Inference, 'logits' | 'gates'>): void {
    this.#images += 1;
    this.#sameClass += likeliest(reference.logits) === likeliest(other.logits) ? 1 : 0;
    const others = other.gates.flat();
    for (const [n, gate] of reference.gates.flat().entries()) {
      this.#gates += 1;
      this.#sameGates += gate === others[n] ? 1 : 0;
    }
  }

  /** Images that were counted. */
  get images(): number {
    return this.#images;
  }

  /** Shares of what was counted; 1 where there was nothing. */
  get agreement(): Agreement {
    return {
      sameClass: this.#images === 0 ? 1 : this.#sameClass / this.#images,
      sameGates: this.#gates === 0 ? 1 : this.#sameGates / this.#gates,
    };
  }
}

/** The first class of the largest logit. */
function likeliest(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}
