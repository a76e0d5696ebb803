/**
 * The names of the built-in data: 20 shapes, which are its categories, with their five classes each, in order. What images of a class
 * look like is in built-in-classes.ts.
 */
export const builtInNames: Readonly<Record<string, readonly string[]>> = {
  // by colour
  disc: ['red disc', 'yellow disc', 'green disc', 'blue disc', 'purple disc'],
  square: ['red square', 'yellow square', 'green square', 'blue square', 'purple square'],
  triangle: ['red triangle', 'yellow triangle', 'green triangle', 'blue triangle', 'purple triangle'],
  heart: ['red heart', 'yellow heart', 'green heart', 'blue heart', 'purple heart'],
  ring: ['red ring', 'yellow ring', 'green ring', 'blue ring', 'purple ring'],
  // by texture
  cross: ['plain cross', 'striped cross', 'checked cross', 'spotted cross', 'hollow cross'],
  diamond: ['plain diamond', 'striped diamond', 'checked diamond', 'spotted diamond', 'hollow diamond'],
  drop: ['plain drop', 'striped drop', 'checked drop', 'spotted drop', 'hollow drop'],
  egg: ['plain egg', 'striped egg', 'checked egg', 'spotted egg', 'hollow egg'],
  shield: ['plain shield', 'striped shield', 'checked shield', 'spotted shield', 'hollow shield'],
  // by direction
  arrow: ['arrow up', 'arrow slanting up', 'arrow sideways', 'arrow slanting down', 'arrow down'],
  crescent: [
    'crescent up',
    'crescent slanting up',
    'crescent sideways',
    'crescent slanting down',
    'crescent down',
  ],
  dome: ['dome up', 'dome slanting up', 'dome sideways', 'dome slanting down', 'dome down'],
  tee: ['tee up', 'tee slanting up', 'tee sideways', 'tee slanting down', 'tee down'],
  pie: ['pie up', 'pie slanting up', 'pie sideways', 'pie slanting down', 'pie down'],
  // by number
  star: ['star of 3', 'star of 4', 'star of 5', 'star of 6', 'star of 7'],
  flower: ['flower of 3', 'flower of 4', 'flower of 5', 'flower of 6', 'flower of 7'],
  bars: ['bars of 2', 'bars of 3', 'bars of 4', 'bars of 5', 'bars of 6'],
  pips: ['pips of 2', 'pips of 3', 'pips of 4', 'pips of 5', 'pips of 6'],
  comb: ['comb of 2', 'comb of 3', 'comb of 4', 'comb of 5', 'comb of 6'],
};
