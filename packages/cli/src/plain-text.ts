/** What others wrote (names of files, texts of servers) on one line of a terminal: it must neither colour nor move anything there. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
export const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
