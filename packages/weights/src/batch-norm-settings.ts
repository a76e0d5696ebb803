/** Added to the variance before taking the square root, as in PyTorch, unless a unit has an `epsilon` of its own. */
export { BATCH_NORM_EPSILON } from '@dmnn/architecture/internal';

/** Weight of the new batch in the moving statistics, by PyTorch's definition. */
export const BATCH_NORM_MOMENTUM = 0.1;
