/** The file that identifies a cascade's folder. */
export const cascadeFile = 'cascade.json';
