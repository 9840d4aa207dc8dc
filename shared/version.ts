/** The version all programs of one build share. Invariant: equal to package.json's; a test of the house holds it to that. */
export const VERSION = "0.1.0";
