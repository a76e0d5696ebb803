/** Added to the variance before taking the square root, as in PyTorch. */
export const BATCH_NORM_EPSILON = 1e-5;

/** Weight of the new batch in the moving statistics, by PyTorch's definition. */
export const BATCH_NORM_MOMENTUM = 0.1;
