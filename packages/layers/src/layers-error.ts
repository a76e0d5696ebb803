import { DmnnError } from '@dmnn/foundation';

/** A model or a tensor that does not fit: `argument: expected X, got Y. remedy`. */
export function layersError(argument: string, expected: string, got: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_LAYERS', `${argument}: expected ${expected}, got ${got}. ${remedy}`);
}

/** A shape for a message. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map(String).join(', ')}]`;
}
