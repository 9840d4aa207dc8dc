/**
 * How long text may become when its placeholders are filled in. Checked after expansion, where a few bytes of a file can
 * stand for gigabytes. Called by the check of statics and by templates. Invariant: what stays within these bounds can be kept and
 * sent by every engine.
 */

/** Of one value that is known before the run. */
export const MAX_VALUE_CHARS = 1024 ** 2;
/** Of all such values together. */
export const MAX_ALL_VALUES_CHARS = 16 * 1024 ** 2;
/** Of one message, header or URL, with every placeholder at its longest. */
export const MAX_RENDERED_CHARS = 16 * 1024 ** 2;
/** Of all of them together. */
export const MAX_ALL_RENDERED_CHARS = 256 * 1024 ** 2;
