import type { Option } from 'commander';

/**
 * What the help says of an option: its description, whether it is required, and its default as it would be typed, unless
 * the description says the default itself.
 */
export function optionText({ description, mandatory, optional, defaultValue, presetArg }: Option): string {
  const remarks = [
    ...(mandatory ? ['required'] : []),
    ...(defaultValue === undefined || defaultValue === false || /\bdefault: /.test(description)
      ? []
      : [`default: ${typedText(defaultValue)}`]),
    ...(optional && presetArg !== undefined ? [`without a value: ${typedText(presetArg)}`] : []),
  ];
  return remarks.length > 0 ? `${description} (${remarks.join('; ')})` : description;
}

function typedText(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
