/** Index of "do not run the sub-block" along the last axis of gate logits; the value of a closed gate. */
export const OFF = 0;

/** Index of "run the sub-block" along the last axis of gate logits; the value of an open gate. */
export const ON = 1;
