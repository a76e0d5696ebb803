/**
 * The names of our variables in another library's network.
 *
 * A key of `names` is the path of a unit or a linear layer here, `stem.unit0`; its value is the path in the other
 * network: `"conv1"`, or `["conv1", "bn1"]` for convolution and batch norm. PyTorch's names of its variables follow
 * from these: `conv1.weight`, `conv1.bias`; `bn1.weight`, `bn1.bias`, `bn1.running_mean`, `bn1.running_var`. A key
 * may also be a single variable here, `head.linear.weight`, and its value a single tensor.
 *
 * `{s}` in a key stands for a number; the value can use it as `{s}`, `{s+1}` or `{s-1}`. If several keys match, a key
 * without placeholders takes precedence over one with placeholders, then a variable over a path.
 */
export interface NameMap {
  readonly names: { readonly [ours: string]: string | readonly [string, string] };
  /** Tensors to ignore; `*` stands for any characters. Each must exist. */
  readonly ignored?: readonly string[] | undefined;
}
