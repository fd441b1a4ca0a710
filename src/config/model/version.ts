/** This version of Dunlin, as semantic versioning writes it. */
export const VERSION = "0.1.0";
