/**
 * What our variables are called in somebody else's network.
 *
 * A key of `names` is where a unit or a linear layer of ours stands, `stem.unit0`, and its value where it stands in
 * theirs: `"conv1"`, or `["conv1", "bn1"]` of convolution and batch norm. From these follow the names of its variables as
 * PyTorch gives them: `conv1.weight`, `conv1.bias`; `bn1.weight`, `bn1.bias`, `bn1.running_mean`, `bn1.running_var`. A key
 * may also be one variable of ours, `head.linear.weight`, and its value one tensor of theirs.
 *
 * `{s}` in a key stands for a number; the value can use it as `{s}`, `{s+1}` or `{s-1}`. Of several keys
 * that fit, one without such marks is meant before one with them, then one of a variable before one of a place.
 */
export interface NameMap {
  readonly names: { readonly [ours: string]: string | readonly [string, string] };
  /** Tensors of theirs that are left out; `*` stands for any characters. Each must be there. */
  readonly ignored?: readonly string[] | undefined;
}
