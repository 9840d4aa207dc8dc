/** How long names may be: of users, rooms. Read by whoever takes one from a client. */

export const MAX_NAME_LENGTH = 128;
